/** Merges sessions from the store and from the connections, and pages them. */

import type { SessionServerInternals } from '../../session-engine.js';
import type { SessionRecord } from '../../stores/store.js';
import type { ClusterView, PageRequest } from './cluster-view.js';
import { type Lister, walk } from './record-walk.js';
import type { SessionView } from './session-view.js';

interface SessionPage {
  readonly entries: readonly SessionView[];
  /** The `after` of the next page; null at the end. */
  readonly next: string | null;
}

type RecordLister = Lister<SessionRecord>;

export class SessionPages {
  readonly #internals: Pick<SessionServerInternals, 'store' | 'clock'>;
  readonly #cluster: ClusterView;

  constructor(internals: Pick<SessionServerInternals, 'store' | 'clock'>, cluster: ClusterView) {
    this.#internals = internals;
    this.#cluster = cluster;
  }

  /** All sessions that have not expired. */
  all(request: PageRequest): Promise<SessionPage> {
    const { sessions } = this.#internals.store;
    return this.#page(request, (after, limit) => sessions.list(after, limit));
  }

  ofThread(thread_id: string, request: PageRequest): Promise<SessionPage> {
    const { sessions } = this.#internals.store;
    return this.#page(request, (after, limit) => sessions.ofThread(thread_id, after, limit));
  }

  /** How many of a thread's sessions are on a connection. */
  async countConnected(thread_id: string): Promise<number> {
    const { sessions } = this.#internals.store;
    let connected = 0;
    const list: RecordLister = (after, limit) => sessions.ofThread(thread_id, after, limit);
    for await (const { state } of this.#walk(list, '')) if (state === 'connected') connected += 1;
    return connected;
  }

  /** Sessions that are without a connection. */
  disconnected(request: PageRequest): Promise<SessionPage> {
    const { sessions } = this.#internals.store;
    const list: RecordLister = (after, limit) => sessions.list(after, limit);
    return this.#page(request, list, ({ state }) => state === 'disconnected');
  }

  async #page(
    { after, limit }: PageRequest,
    list: RecordLister,
    wanted: (record: SessionRecord) => boolean = () => true,
  ): Promise<SessionPage> {
    const records: SessionRecord[] = [];
    let next: string | null = null;
    for await (const record of this.#walk(list, after)) {
      if (record.state === 'expired' || !wanted(record)) continue;
      if (records.length === limit) {
        next = records.at(-1)?.session_id ?? after;
        break;
      }
      records.push(record);
    }
    return { entries: await this.#cluster.sessions(records), next };
  }

  #walk(list: RecordLister, after: string): AsyncGenerator<SessionRecord> {
    const idOf = ({ session_id }: SessionRecord) => session_id;
    return walk({ list, idOf, after, clock: this.#internals.clock });
  }
}
