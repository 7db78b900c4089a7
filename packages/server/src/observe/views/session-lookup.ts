/** One session as `/debug/sessions/:session_id` shows it, from the node that carries it. */

import type { SessionServerInternals } from '../../session-engine.js';
import { nameOf, type Session } from '../../sessions/session.js';
import type { SessionRecord } from '../../stores/store.js';
import { askNodes } from './ask-nodes.js';
import { type ConnectionFacts, factsOfConnection } from './connection-view.js';
import { walk } from './record-walk.js';
import { detailsOfConnected, detailsOfRecorded, type SessionDetails } from './session-details.js';

const ABOUT = 'session';

interface SessionQuery {
  readonly about: typeof ABOUT;
  /** The id of its record. */
  readonly session_id: string;
}

interface CarriedSession {
  readonly session: SessionDetails;
  /** Null without one, and if its node does not answer. */
  readonly connection: ConnectionFacts | null;
}

export interface SessionWithConnection extends CarriedSession {
  /** The node that carries the session, if it lives and did not answer: the session is shown as its record has it. */
  readonly unreachable: readonly string[];
}

export class SessionLookup {
  readonly #internals: SessionServerInternals;

  constructor(internals: SessionServerInternals) {
    this.#internals = internals;
    // Null says that the session is not here; without an answer the node counts as one that does not answer.
    internals.membership?.rpc.onCall(
      ABOUT,
      (query) => this.#carriedHere((query as SessionQuery).session_id) ?? null,
    );
  }

  /**
   * @param name the id as lists show it: in v1 that of the session's socket
   * @returns undefined for a session that there is not, or that has expired
   */
  async find(name: string): Promise<SessionWithConnection | undefined> {
    const { registry, store } = this.#internals;
    const session = registry.get(name) ?? this.#v1Session(name);
    if (session) return { ...this.#view(session), unreachable: [] };
    const record = (await store.sessions.get(name)) ?? (await this.#v1Record(name));
    if (!record || record.state === 'expired') return undefined;
    const isElsewhere = (node: string) => record.state === 'connected' && node === record.node;
    const query: SessionQuery = { about: ABOUT, session_id: record.session_id };
    const asked = await askNodes<CarriedSession | null>(this.#internals, query, isElsewhere);
    const { unreachable } = asked;
    const carried = asked.answers.get(record.node);
    if (carried) return { ...carried, unreachable };
    const head = await store.logs.head(record.thread_id);
    return { session: detailsOfRecorded(record, head), connection: null, unreachable };
  }

  #carriedHere(session_id: string): CarriedSession | undefined {
    const session = this.#internals.registry.get(session_id);
    return session && this.#view(session);
  }

  #view(session: Session): CarriedSession {
    const { connections, clock } = this.#internals;
    const connection = connections.get(session.peer.id);
    return {
      session: detailsOfConnected(session, clock),
      // It may have gone while the session was registered.
      connection: connection ? factsOfConnection(connection, true, clock) : null,
    };
  }

  /** The session of a v1 client on a connection of this node. */
  #v1Session(name: string): Session | undefined {
    const { registry, connections } = this.#internals;
    const connection = connections.get(name);
    return connection && registry.v1.of(connection);
  }

  /** The record of a v1 session. Its id does not follow from the name, so that all records are looked at. */
  async #v1Record(name: string): Promise<SessionRecord | undefined> {
    const { store, clock } = this.#internals;
    const records = walk<SessionRecord>({
      list: (after, limit) => store.sessions.list(after, limit),
      idOf: ({ session_id }) => session_id,
      clock,
    });
    for await (const record of records) {
      if (record.dialect === 1 && nameOf({ record }) === name) return record;
    }
    return undefined;
  }
}
