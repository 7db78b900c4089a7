/** Writes the pong: where the server is with a session. Pure. */

import type { Ping, Pong, Waiting } from '../messages.js';

/** The session that a ping names, if it is on the connection. */
export interface PingedSession {
  readonly thread_id: string;
  readonly generation: number;
  readonly epoch: string;
  readonly head: number;
  readonly sent: number;
  readonly waiting: Waiting | null;
}

export const writePong = (
  { session_id, generation }: Ping,
  { timestamp, transport }: Pick<Pong, 'timestamp' | 'transport'>,
  session: PingedSession | undefined,
): Pong => ({
  pong: true,
  timestamp,
  session_id,
  thread_id: session?.thread_id ?? '',
  transport,
  owner: session?.generation === generation,
  ...(session && { epoch: session.epoch }),
  head: session?.head ?? 0,
  sent: session?.sent ?? 0,
  waiting: session?.waiting ?? null,
});
