/** An idle timeout between a client and its server: each connection is cut when it has lasted for so long. */

import type { App } from 'session-monitor';
import type { TestClient } from './client.js';
import type { FaultProxy } from './fault-proxy.js';
import { until } from './until.js';

/** Above the shortest period that counts as one. */
const PERIOD_MS = 3_300;
/** A machine that is busy with other tests is late: such a cut is one too many. */
const NEAR_MS = 600;

interface Cut {
  readonly app: Pick<App, 'sessions'>;
  readonly proxy: FaultProxy;
  readonly client: Pick<TestClient, 'socket' | 'receipts'>;
}

/** Cuts so many connections in a row at the same age, by the clock of the server. Resolves when the client is back. */
export async function cutSteadily({ app, proxy, client }: Cut, times: number): Promise<void> {
  const { connections } = app.sessions.internals;
  const { socket, receipts } = client;
  const ages: number[] = [];
  const isSteady = () => {
    const last = ages.slice(-times);
    return last.length === times && Math.max(...last) - Math.min(...last) < NEAR_MS;
  };
  while (!isSteady()) {
    const [id, startedAt] = await until('it is as old', () => {
      const connection = connections.get(`${socket.id}`);
      const isOld = connection && performance.now() - connection.startedAt >= PERIOD_MS;
      return isOld && ([connection.id, connection.startedAt] as const);
    });
    proxy.cut();
    await until('the server has noticed', () => !connections.has(id));
    ages.push(performance.now() - startedAt);
    await until('it is back', () => receipts.length > ages.length);
  }
}
