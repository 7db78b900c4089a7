/** Finds threads by what their id begins with, a page at a time: as `/debug/threads` shows them, without their titles. */

import type { SessionServerInternals } from '../../session-engine.js';
import { isThreadLog } from '../../stores/log-ids.js';
import { isoTime } from '../../util/iso-time.js';
import type { PageRequest } from './cluster-view.js';
import { lookUpEach, walk } from './record-walk.js';

/** A title is taken from what was written, so that it is not shown. */
interface ThreadRow {
  readonly thread_id: string;
  /** The owner in the list of threads; null for none. So is the next. */
  readonly user_id: string | null;
  readonly last_activity: string | null;
  /** The last durable offset; 0 for none. */
  readonly head: number;
  /** The first offset that is still kept; null for none. */
  readonly first_kept: number | null;
  /** Whether a reply to it is being produced. */
  readonly running: boolean;
}

interface ThreadRows {
  readonly threads: readonly ThreadRow[];
  /** The `after` of the next page; null at the end. */
  readonly next: string | null;
}

type Deps = Pick<SessionServerInternals, 'store' | 'clock'>;

export class ThreadSearch {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** @param q what the ids begin with: empty, or itself a thread id */
  async find(q: string, { after, limit }: PageRequest): Promise<ThreadRows> {
    const { store, clock } = this.#deps;
    const ids: string[] = [];
    const from = after > q ? after : before(q);
    const list = (last: string, count: number) => store.logs.threads(last, count);
    for await (const id of walk({ list, idOf: (id) => id, clock, after: from })) {
      if (!id.startsWith(q) && id > q) break;
      if (id.startsWith(q) && isThreadLog(id)) ids.push(id);
      if (ids.length > limit) break;
    }
    const shown = ids.slice(0, limit);
    const threads = await lookUpEach(shown, clock, (id) => this.#row(id));
    return { threads, next: ids.length > limit ? (shown.at(-1) ?? null) : null };
  }

  async #row(thread_id: string): Promise<ThreadRow> {
    const { logs, threads } = this.#deps.store;
    const [head, entry] = await Promise.all([logs.head(thread_id), threads.get(thread_id)]);
    const { offset = 0, base = 0 } = head ?? {};
    return {
      thread_id,
      user_id: entry?.user_id ?? null,
      last_activity: entry ? isoTime(entry.last_activity) : null,
      head: offset,
      first_kept: base < offset ? base + 1 : null,
      running: entry?.running === true,
    };
  }
}

/** A text just before a thread id in the order of all logs. Their ids have no character behind this one. */
const BEHIND_ALL = '\u007f';

function before(q: string): string {
  if (q === '') return '';
  const last = q.charCodeAt(q.length - 1);
  return `${q.slice(0, -1)}${String.fromCharCode(last - 1)}${BEHIND_ALL}`;
}
