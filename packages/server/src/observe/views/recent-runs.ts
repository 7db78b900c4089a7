/** The replies of all nodes as `/debug/runs` shows them: those that wait or are being produced, and those that ended last. */

import type { LiveRun, RunProgress } from '../../runs/live-run.js';
import type { EndedRun } from '../../runs/runs.js';
import type { SessionServerInternals } from '../../session-engine.js';
import type { RunRecord } from '../../stores/store.js';
import { isoTime } from '../../util/iso-time.js';
import { askNodes } from './ask-nodes.js';

const ABOUT = 'runs';
/** Of one node, those that began last. */
const MAX_OPEN = 500;

interface RecentRun {
  readonly run_id: string;
  readonly thread_id: string;
  /** What asked for it; null if `authorize` names no user. */
  readonly user_id: string | null;
  readonly node: string;
  readonly published: boolean;
  readonly state: 'waiting' | 'running' | 'ended';
  readonly started_at: string;
  /** How long after that its first part came; null without one. */
  readonly first_part_ms: number | null;
  /** How it ended; null before that. */
  readonly status: string | null;
  readonly ended_at: string | null;
  /** The code of the error that ended it. */
  readonly error: string | null;
}

interface NodeRuns {
  readonly waiting: number;
  readonly running: number;
  /** Newest first. */
  readonly runs: readonly RecentRun[];
}

interface RunsQuery {
  readonly about: typeof ABOUT;
  readonly thread_id?: string;
}

interface AllRuns extends NodeRuns {
  readonly unreachable: readonly string[];
}

type Deps = Pick<SessionServerInternals, 'runs' | 'membership' | 'node'>;

export class RecentRuns {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
    deps.membership?.rpc.onCall(ABOUT, (query) => this.#here((query as RunsQuery).thread_id));
  }

  /**
   * @param limit the most runs that are shown, of all nodes
   * @param thread_id of this thread alone; of all if left out
   */
  async all(limit: number, thread_id?: string): Promise<AllRuns> {
    const query: RunsQuery = { about: ABOUT, ...(thread_id !== undefined && { thread_id }) };
    const { answers, unreachable } = await askNodes<NodeRuns>(this.#deps, query);
    const all = [this.#here(thread_id), ...answers.values()];
    return {
      waiting: all.reduce((sum, { waiting }) => sum + waiting, 0),
      running: all.reduce((sum, { running }) => sum + running, 0),
      runs: all
        .flatMap(({ runs }) => runs)
        .sort(openFirst)
        .slice(0, limit),
      unreachable,
    };
  }

  #here(thread_id: string | undefined): NodeRuns {
    const { runs, node } = this.#deps;
    const isWanted = (of: string) => thread_id === undefined || of === thread_id;
    const live = [...runs.liveRuns].filter(({ request }) => isWanted(request.thread_id));
    const open = live.slice(-MAX_OPEN).flatMap((run) => viewLive(run, node) ?? []);
    const ended = runs.ended.filter(({ record }) => isWanted(record.thread_id)).map(viewEnded);
    const running = live.filter(({ isProducing }) => isProducing).length;
    // Of two that began within a millisecond the later one comes first.
    const all = [...ended, ...open].reverse().sort(openFirst);
    return { waiting: live.length - running, running, runs: all };
  }
}

/** Undefined until it is in the store. */
function viewLive({ record, request, progress }: LiveRun, node: string): RecentRun | undefined {
  if (!record) return undefined;
  const state = progress.isProducing ? 'running' : 'waiting';
  return { ...viewRun(record, request.user_id, progress), node, state };
}

function viewEnded({ record, user_id, progress }: EndedRun): RecentRun {
  const { end } = progress;
  return {
    ...viewRun(record, user_id, progress),
    state: 'ended',
    status: end?.status ?? null,
    ended_at: end ? isoTime(record.started_at + end.ms) : null,
    error: end?.code ?? null,
  };
}

const viewRun = (run: RunRecord, user_id: string | null, { firstPartMs }: RunProgress) => ({
  run_id: run.run_id,
  thread_id: run.thread_id,
  user_id,
  node: run.node,
  published: run.log_id === run.thread_id,
  started_at: isoTime(run.started_at),
  first_part_ms: firstPartMs,
  status: null,
  ended_at: null,
  error: null,
});

/** What is open first; of both kinds the newest first. */
const openFirst = (one: RecentRun, other: RecentRun): number =>
  Number(one.state === 'ended') - Number(other.state === 'ended') ||
  (one.started_at < other.started_at ? 1 : one.started_at > other.started_at ? -1 : 0);
