/** The runs of a thread as `/debug` shows them: newest first, without what they have written. */

import type { SessionServerInternals } from '../../session-engine.js';
import type { RunRecord } from '../../stores/store.js';
import { FirstItems } from '../../util/first-items.js';
import { isoTime } from '../../util/iso-time.js';
import type { PageRequest } from './cluster-view.js';
import { walk } from './record-walk.js';

export interface RunView {
  readonly run_id: string;
  readonly status: RunRecord['status'];
  /** The server process that produces it, or did last. */
  readonly node: string;
  /** Whether its parts go to the thread; else only its own stream has them. */
  readonly published: boolean;
  readonly started_at: string;
  /** Null while it waits or is being produced. */
  readonly ended_at: string | null;
}

interface RunPage {
  readonly runs: readonly RunView[];
  /** The `after` of the next page; null at the end. */
  readonly next: string | null;
}

/** Where a run is in the list: when it was started, and its id. */
type Place = Pick<RunRecord, 'started_at' | 'run_id'>;

/** What `next` looks like. */
export const RUN_PLACE_PATTERN = /^\d{1,16}\.[\w-]{1,64}$/;

export class RunPages {
  readonly #internals: Pick<SessionServerInternals, 'store' | 'clock'>;

  constructor(internals: Pick<SessionServerInternals, 'store' | 'clock'>) {
    this.#internals = internals;
  }

  /** @param page `after` is empty, or matches `RUN_PLACE_PATTERN` */
  async ofThread(thread_id: string, { after, limit }: PageRequest): Promise<RunPage> {
    const { store, clock } = this.#internals;
    const place = after === '' ? undefined : placeOf(after);
    const first = new FirstItems<RunRecord>(limit + 1, newestFirst);
    const runs = walk({
      list: (id, count) => store.runs.ofThread(thread_id, id, count),
      idOf: ({ run_id }) => run_id,
      clock,
    });
    for await (const run of runs) {
      if (!place || newestFirst(place, run) < 0) first.add(run);
    }
    const shown = first.items.slice(0, limit);
    const last = shown.at(-1);
    const hasMore = first.items.length > shown.length && last !== undefined;
    return { runs: shown.map(viewRun), next: hasMore ? textOf(last) : null };
  }
}

const newestFirst = (one: Place, other: Place): number =>
  other.started_at - one.started_at ||
  (one.run_id < other.run_id ? -1 : one.run_id > other.run_id ? 1 : 0);

const textOf = ({ started_at, run_id }: Place): string => `${started_at}.${run_id}`;

function placeOf(text: string): Place {
  const dot = text.indexOf('.');
  return { started_at: Number(text.slice(0, dot)), run_id: text.slice(dot + 1) };
}

export const viewRun = (run: RunRecord): RunView => ({
  run_id: run.run_id,
  status: run.status,
  node: run.node,
  published: run.log_id === run.thread_id,
  started_at: isoTime(run.started_at),
  ended_at: run.ended_at === null ? null : isoTime(run.ended_at),
});
