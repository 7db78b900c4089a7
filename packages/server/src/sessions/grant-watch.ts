/**
 * Ends sessions when their grants do. Some time before, it asks the client for a fresh token: a client that has one
 * registers again on the same connection, and nothing is interrupted.
 */

import { SERVER_EVENTS } from '@session-monitor/protocol';
import { afterWall } from '../util/after-wall.js';
import type { Clock } from '../util/clock.js';
import { nameOf, type Session } from './session.js';

/** A client that is asked gets a token within a second or two; a busy identity provider takes longer. */
const ASK_BEFORE_MS = 30_000;

export interface GrantWatchDeps {
  readonly clock: Pick<Clock, 'after' | 'wall'>;
  /** Ends a session whose grant has ended. */
  readonly end: (session: Session) => void;
}

export class GrantWatch {
  readonly #deps: GrantWatchDeps;

  constructor(deps: GrantWatchDeps) {
    this.#deps = deps;
  }

  /** @param expires_at milliseconds since 1970 */
  begin(session: Session, expires_at: number): void {
    const { clock, end } = this.#deps;
    const left = Math.max(0, expires_at - clock.wall());
    // A grant that is shorter than that is asked about at its half.
    const askAt = expires_at - Math.min(ASK_BEFORE_MS, left / 2);
    const cancelAsking = afterWall(clock, askAt, () => {
      const expires_in_ms = Math.max(0, Math.round(expires_at - clock.wall()));
      session.peer.notify(SERVER_EVENTS.tokenExpiring, {
        session_id: nameOf(session),
        expires_in_ms,
      });
    });
    // mutant: a-session-outlives-its-grant
    const cancelEnd = afterWall(clock, expires_at, () => end(session));
    session.onDetach(() => {
      cancelAsking();
      cancelEnd();
    });
  }
}
