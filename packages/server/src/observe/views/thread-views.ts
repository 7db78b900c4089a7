/** A thread as `/debug/threads/:thread_id` shows it: its log, its sessions and its runs, without what was written. */

import type { SessionServerInternals } from '../../session-engine.js';
import type { RunPages, RunView } from './run-pages.js';
import type { SessionDetails } from './session-details.js';
import type { SessionSearch } from './session-search.js';

export interface ThreadView {
  readonly thread_id: string;
  /** Whether it has a log. Looking at it creates none. */
  readonly exists: boolean;
  /** Null for a thread that does not exist. */
  readonly epoch: string | null;
  /** The last durable offset; 0 for none. */
  readonly head: number;
  /** The first offset that is still kept; null for none. */
  readonly first_kept: number | null;
  /** The first ones by id. */
  readonly sessions: readonly SessionDetails[];
  readonly more_sessions: boolean;
  /** The newest ones. */
  readonly runs: readonly RunView[];
  readonly more_runs: boolean;
  /** Nodes that live and did not answer: their sessions are shown as their records have them. */
  readonly unreachable: readonly string[];
}

export class ThreadViews {
  readonly #store: SessionServerInternals['store'];
  readonly #search: SessionSearch;
  readonly #runs: RunPages;

  constructor(
    { store }: Pick<SessionServerInternals, 'store'>,
    search: SessionSearch,
    runs: RunPages,
  ) {
    this.#store = store;
    this.#search = search;
    this.#runs = runs;
  }

  /** @param limit the most sessions, and the most runs, that are shown */
  async of(thread_id: string, limit: number): Promise<ThreadView> {
    const page = { after: '', limit };
    const [head, { sessions, next, unreachable }, runs] = await Promise.all([
      this.#store.logs.head(thread_id),
      this.#search.find({ thread_id }, page),
      this.#runs.ofThread(thread_id, page),
    ]);
    const { epoch = null, offset = 0, base = 0 } = head ?? {};
    return {
      thread_id,
      exists: head !== undefined,
      epoch,
      head: offset,
      first_kept: base < offset ? base + 1 : null,
      sessions,
      more_sessions: next !== null,
      runs: runs.runs,
      more_runs: runs.next !== null,
      unreachable,
    };
  }
}
