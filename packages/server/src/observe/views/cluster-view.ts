/** What `/debug` shows of all nodes on a store. Each node reports its own connections and their sessions. */

import type { SessionServerInternals } from '../../session-engine.js';
import type { SessionRecord } from '../../stores/store.js';
import { askNodes } from './ask-nodes.js';
import { type ConnectionView, viewConnection } from './connection-view.js';
import { type SessionView, viewConnected, viewRecorded } from './session-view.js';

/** The wanted page of a list: `limit` entries after the one called `after`. */
export interface PageRequest {
  readonly after: string;
  readonly limit: number;
}

interface Connections {
  readonly total: number;
  /** By id. */
  readonly connections: readonly ConnectionView[];
}

interface ConnectionsQuery extends PageRequest {
  readonly about: 'connections';
}

interface SessionsQuery {
  readonly about: 'sessions';
  readonly ids: readonly string[];
}

export class ClusterView {
  readonly #internals: SessionServerInternals;

  constructor(internals: SessionServerInternals) {
    this.#internals = internals;
    const rpc = internals.membership?.rpc;
    rpc?.onCall('connections', (query) => this.#connectionsHere(query as ConnectionsQuery));
    rpc?.onCall('sessions', (query) => this.#sessionsHere((query as SessionsQuery).ids));
  }

  /** The connections of all nodes, and the nodes that did not answer. */
  async connections(page: PageRequest) {
    const query: ConnectionsQuery = { about: 'connections', ...page };
    const { answers, unreachable } = await askNodes<Connections>(this.#internals, query);
    const known = [this.#connectionsHere(page), ...answers.values()];
    const connections = known
      .flatMap((each) => each.connections)
      .sort((a, b) => (a.connection_id < b.connection_id ? -1 : 1));
    return {
      total: known.reduce((sum, { total }) => sum + total, 0),
      connections: connections.slice(0, page.limit),
      more: connections.length > page.limit,
      unreachable,
    };
  }

  /** Sessions as the nodes that carry them report them; from their records if no node answers. */
  async sessions(records: readonly SessionRecord[]): Promise<readonly SessionView[]> {
    const { store } = this.#internals;
    const views = new Map(this.#sessionsHere(records.map(({ session_id }) => session_id)));
    const elsewhere = new Map<string, string[]>();
    for (const { session_id, state, node } of records) {
      if (state !== 'connected' || views.has(session_id)) continue;
      elsewhere.set(node, [...(elsewhere.get(node) ?? []), session_id]);
    }
    const { membership } = this.#internals;
    const answers = [...elsewhere].map(async ([node, ids]) => {
      if (!membership?.isAlive(node)) return;
      const query: SessionsQuery = { about: 'sessions', ids };
      const answer = await membership.rpc.call(node, query);
      for (const [id, view] of (answer as [string, SessionView][] | undefined) ?? []) {
        views.set(id, view);
      }
    });
    await Promise.all(answers);
    return Promise.all(
      records.map(
        async (record) =>
          views.get(record.session_id) ??
          viewRecorded(record, await store.logs.head(record.thread_id)),
      ),
    );
  }

  /** Returns one more than `limit`, to show that there are more. */
  #connectionsHere({ after, limit }: PageRequest): Connections {
    const { connections, registry, clock } = this.#internals;
    const ids = [...connections.keys()].filter((id) => id > after).sort();
    const shown = ids.slice(0, limit + 1).flatMap((id) => connections.get(id) ?? []);
    return {
      total: connections.size,
      connections: shown.map((each) => viewConnection(each, registry.of(each), clock)),
    };
  }

  #sessionsHere(ids: readonly string[]): readonly (readonly [string, SessionView])[] {
    const { registry, clock } = this.#internals;
    return ids.flatMap((id) => {
      const session = registry.get(id);
      return session ? [[id, viewConnected(session, clock)] as const] : [];
    });
  }
}
