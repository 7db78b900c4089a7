/** An idle timeout between a client and its server: each connection is cut when it has lasted for so long. */

import type { TestClient } from './client.js';
import type { FaultProxy } from './fault-proxy.js';
import { until } from './until.js';

/** Above the shortest period that counts as one. */
const PERIOD_MS = 3_200;

/** Cuts so many connections at the same age, and one before them at another. Resolves when the client is back. */
export async function cutSteadily(
  proxy: FaultProxy,
  { socket, receipts }: Pick<TestClient, 'socket' | 'receipts'>,
  times: number,
): Promise<void> {
  let openedAt = performance.now() - PERIOD_MS;
  socket.io.on('open', () => {
    openedAt = performance.now();
  });
  for (let cut = 0; cut <= times; cut += 1) {
    await until('it is as old', () => performance.now() - openedAt >= PERIOD_MS, { everyMs: 10 });
    proxy.cut();
    await until('it is back', () => receipts.length === cut + 2);
  }
}
