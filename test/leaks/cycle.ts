/** One client's life: it connects, registers, receives events and sometimes a reply, and leaves. */

import { createClient, type TestClient, TRANSPORT_CASES } from '../support/client.js';
import type { Remote } from '../support/remote.js';
import { postJson } from '../support/run-reader.js';
import { until } from '../support/until.js';
import type { LeakHandlers } from './server.js';

const EVENTS = 3;
/** Every so many clients ask for a reply, too. */
const ASKS_EVERY = 5;

export interface LeakServer {
  readonly url: string;
  readonly remote: Remote<LeakHandlers>;
}

export async function cycle({ url, remote }: LeakServer, number: number): Promise<void> {
  const thread_id = `thread-${number}`;
  const transport = TRANSPORT_CASES[number % TRANSPORT_CASES.length] ?? 'upgrade';
  const client = createClient(url, { thread_id, transport });
  try {
    await until('live', () => client.monitor.status.state === 'live', { timeoutMs: 60_000 });
    for (let n = 1; n <= EVENTS; n += 1) await remote.ask('publish', { thread_id, n });
    // All applied, or, on a very busy machine, a reset because the events had expired.
    const isOver = () => client.monitor.status.offset >= EVENTS || client.resets.length > 0;
    await until('all events have come', isOver, {
      timeoutMs: 60_000,
      state: () => ({ ...client.monitor.status, gaps: client.gaps }),
    });
    if (number % ASKS_EVERY === 0) {
      const question = { thread_id, user_input: 'Why?', use_websocket: true };
      const { complete, text } = await postJson(`${url}/havefun`, question);
      if (!complete) throw new Error(`The reply was cut off: ${text}`);
    }
  } finally {
    leave(client, number);
  }
}

/** Leaves with a goodbye, by closing the socket alone, or like a closed page. */
function leave({ monitor, socket }: TestClient, number: number): void {
  if (number % 3 === 0) monitor.stop();
  else if (number % 3 === 1) {
    socket.io.reconnection(false);
    socket.io.engine.close();
  }
  socket.disconnect();
  monitor.stop();
}
