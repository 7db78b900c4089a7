/**
 * Asks a client at the moment of a question. A client that is silent may have nothing to say: the page is asked as the idle
 * watch asks it, and its end of the link by itself. Neither is a step of the trace.
 */

import { SERVER_EVENTS } from '@session-monitor/protocol';
import type { SessionServer } from '../../session-server.js';
import type { Session } from '../../sessions/session.js';
import type { Clock } from '../../util/clock.js';
import { isoTime } from '../../util/iso-time.js';
import type { ProbeFacts } from './facts.js';

/** Two round trips of a phone, and less than a node waits for the answer of another one. */
const ANSWERS_MS = 700;
const LOOK_EVERY_MS = 25;

/** The session that is asked, as views name it. */
export interface Probed {
  readonly session_id: string;
  readonly connection_id: string;
}

/** Undefined if the session is not on a connection of this node. */
export async function probe(
  { internals }: Pick<SessionServer, 'internals'>,
  { session_id, connection_id }: Probed,
): Promise<ProbeFacts | undefined> {
  const { registry, connections, clock } = internals;
  const connection = connections.get(connection_id);
  if (!connection) return undefined;
  const session = registry.get(session_id);
  const in_flight_bytes = session?.pump.inFlightBytes ?? 0;
  const [link, page] = await Promise.all([
    connection.answersWithin(ANSWERS_MS),
    // A v1 client is known by another name, and need not answer.
    session ? pageAnswers(session, clock) : null,
  ]);
  return { link, page, in_flight_bytes };
}

/** Whether anything comes from the session in time. */
async function pageAnswers(session: Session, clock: Clock): Promise<boolean> {
  const askedAt = clock.now();
  session.peer.notify(SERVER_EVENTS.systemPing, {
    timestamp: isoTime(clock.wall()),
    message: 'Are you still there?',
  });
  while (clock.now() - askedAt < ANSWERS_MS) {
    if (session.activity.lastAt >= askedAt) return true;
    await new Promise<void>((resolve) => {
      clock.after(LOOK_EVERY_MS, resolve);
    });
  }
  return session.activity.lastAt >= askedAt;
}
