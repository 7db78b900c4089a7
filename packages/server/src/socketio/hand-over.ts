/**
 * Hands clients over to other nodes. Each client continues until its turn. Then its connection ends, and it reconnects
 * at once to a node that stays. So no client is disconnected for longer than a reconnect takes, and the reconnects per
 * second stay limited.
 */

import { SERVER_EVENTS } from '@session-monitor/protocol';
import type { Clock, Entropy } from '../util/clock.js';
import type { Connection } from './connection.js';

/** Spreads the reconnects of one turn a little. */
const SPREAD_MS = 50;

/** Resolves when every connection has ended. */
export async function handOver(
  connections: readonly Connection[],
  overMs: number,
  clock: Pick<Clock, 'after'>,
  entropy: Pick<Entropy, 'fraction'>,
): Promise<void> {
  const apartMs = overMs / Math.max(1, connections.length);
  const ended: Promise<void>[] = [];
  for (const connection of connections) {
    // One after the other: a delayed turn is not made up for.
    await pause(clock, apartMs);
    if (connection.closed) continue;
    const retry_after_ms = Math.round(entropy.fraction() * SPREAD_MS);
    connection.notify(SERVER_EVENTS.serverDraining, { retry_after_ms });
    ended.push(connection.end());
  }
  await Promise.all(ended);
}

const pause = (clock: Pick<Clock, 'after'>, ms: number): Promise<void> =>
  new Promise((resolve) => clock.after(ms, resolve));
