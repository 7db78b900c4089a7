/** An idle timeout between a client and its server: each connection is cut when it has lasted for so long. */

import type { TestApp } from './app.js';
import type { TestClient } from './client.js';
import type { FaultProxy } from './fault-proxy.js';
import { findingsOf, pathOf } from './findings.js';
import { until } from './until.js';

/** Above the shortest period that counts as one. */
const PERIOD_MS = 3_300;
/** So many cuts of the same length are no chance. */
const STEADY_CUTS = 3;

interface Cut {
  readonly app: TestApp;
  readonly proxy: FaultProxy;
  readonly client: TestClient;
}

/**
 * Cuts connections at the same age, by the clock of the server, until that is found. A machine that is busy with other tests
 * is late with a cut now and then: three in a row do not suffice.
 */
export async function cutSteadily({ app, proxy, client }: Cut): Promise<void> {
  const { connections } = app.sessions.internals;
  const { socket, receipts } = client;
  const isFound = async () =>
    (await findingsOf(app.url, pathOf(client))).some(({ code }) => code === 'steady_cuts');
  for (let cuts = 1; ; cuts += 1) {
    await until('it is as old', () => {
      const { startedAt } = connections.get(`${socket.id}`) ?? {};
      return startedAt !== undefined && performance.now() - startedAt >= PERIOD_MS;
    });
    proxy.cut();
    await until('it is back', () => receipts.length > cuts);
    if (cuts >= STEADY_CUTS && (await isFound())) return;
  }
}
