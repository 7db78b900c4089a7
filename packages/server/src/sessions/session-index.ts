/** Which session is on which connection. A session is on one, a connection carries any number. */

import type { Peer, Session } from './session.js';

const NONE: readonly Session[] = [];

export class SessionIndex {
  readonly #byId = new Map<string, Session>();
  /** Immutable lists, mostly of one session. */
  readonly #byPeer = new Map<Peer, readonly Session[]>();

  /** The number of sessions on a connection now. */
  get size(): number {
    return this.#byId.size;
  }

  /** The sessions on a connection now. */
  connected(): Iterable<Session> {
    return this.#byId.values();
  }

  get(session_id: string): Session | undefined {
    return this.#byId.get(session_id);
  }

  /** The session, if this connection is the one that owns it (I6). */
  owned(peer: Peer, session_id: string): Session | undefined {
    const session = this.#byId.get(session_id);
    // mutant: any-socket-may-speak-for-a-session
    return session?.peer === peer ? session : undefined;
  }

  /** The sessions that a connection carries. */
  of(peer: Peer): readonly Session[] {
    return this.#byPeer.get(peer) ?? NONE;
  }

  add(session: Session): void {
    this.#byId.set(session.id, session);
    const others = this.#byPeer.get(session.peer);
    this.#byPeer.set(session.peer, others ? [...others, session] : [session]);
  }

  /** Ends the session's stay. A session that has been replaced under its id stays replaced. */
  remove(session: Session): void {
    if (this.#byId.get(session.id) === session) this.#byId.delete(session.id);
    const left = this.of(session.peer).filter((each) => each !== session);
    if (left.length === 0) this.#byPeer.delete(session.peer);
    else this.#byPeer.set(session.peer, left);
    session.detach();
  }
}
