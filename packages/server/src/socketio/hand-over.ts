/**
 * Hands clients over to other nodes: each goes on as it is until it is its turn, then its connection ends and
 * it comes back at once, to a node that stays. So nobody is away for longer than a reconnect takes, and the
 * others get no more than so many a second.
 */

import { SERVER_EVENTS } from '@session-monitor/protocol';
import type { Clock, Entropy } from '../util/clock.js';
import type { Connection } from './connection.js';

/** A little apart, so that those of one turn do not come in one moment. */
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
    // One after the other: a moment in which nothing was done is not made up for.
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
