import type { Socket as EngineSocket } from 'engine.io';
import { Server } from 'socket.io';
import { describe, expect } from 'vitest';
import { EVENT, TRANSPORT_CASES } from '../support/client.js';
import { freePort } from '../support/free-port.js';
import { test } from '../support/lab.js';
import { until } from '../support/until.js';

const EVENTS = 100_000;
const MAX_BUFFERED_BYTES = 1024 * 1024;
/** Concurrent appends, as many as a busy backend has. */
const CONCURRENCY = 500;

describe('a reader that stops reading', () => {
  for (const transport of TRANSPORT_CASES) {
    test(`costs less than 1 MB while ${EVENTS} events are published, and catches up (${transport})`, async (lab) => {
      const { app, proxy } = await lab.proxiedApp({
        socketIo: { pingInterval: 25_000, pingTimeout: 60_000 },
      });
      const { monitor, seen } = lab.client(proxy.url, {
        thread_id: 'paused',
        transport,
        // The pause lasts longer than a patient client would wait for a pong.
        pingInterval: 600_000,
      });
      await until('live', () => monitor.status.rtt_ms !== null);
      if (transport === 'upgrade') {
        await until('upgraded', () => monitor.status.transport === 'websocket');
      }
      proxy.stall();

      let mostBuffered = 0;
      for (let n = 0; n < EVENTS; n += CONCURRENCY) {
        const group = Array.from({ length: CONCURRENCY }, (_, index) =>
          app.sessions.publish('paused', EVENT, { n: n + index, text: 'x'.repeat(80) }),
        );
        await Promise.all(group);
        mostBuffered = Math.max(mostBuffered, bufferedBytes(app.io.engine));
      }
      expect(seen.length).toBeLessThan(EVENTS);
      expect(mostBuffered).toBeLessThan(MAX_BUFFERED_BYTES);

      proxy.unstall();
      await until('caught up', () => seen.length >= EVENTS, {
        timeoutMs: 60_000,
        state: () => monitor.status,
      });
      expect(seen.length).toBe(EVENTS);
      expect(seen.every((n, index) => n === index)).toBe(true);
      // A polling client's goodbye may be lost with the proxy; the server would notice in 85 s.
      app.io.disconnectSockets(true);
    }, 120_000);
  }

  test('is measured correctly: the same events emitted to a room pile up', async (lab) => {
    const server = new Server();
    const port = await freePort();
    server.listen(port);
    lab.defer(() => server.close());
    const proxy = await lab.proxy(port);
    const { socket } = lab.client(proxy.url, { transport: 'websocket', idle: true });
    await until('connected', () => socket.connected);
    proxy.stall();
    // A fifth of them is more than two megabytes.
    for (let n = 0; n < EVENTS / 5; n += 1) server.emit(EVENT, { n, text: 'x'.repeat(80) });
    expect(bufferedBytes(server.engine)).toBeGreaterThan(MAX_BUFFERED_BYTES);
    proxy.unstall();
  });
});

/** What Engine.IO, ws and Node buffer for the only client: packets, frames, and unwritten bytes. */
function bufferedBytes(engine: unknown): number {
  const { clients } = engine as { clients: Record<string, EngineSocket> };
  return Object.values(clients).reduce((sum, client) => sum + bufferedFor(client), 0);
}

function bufferedFor(client: EngineSocket): number {
  const { writeBuffer, transport } = client as unknown as {
    writeBuffer: readonly { data?: string | Buffer }[];
    transport: {
      socket?: { bufferedAmount: number; _socket: { writableLength: number } };
      res?: { writableLength: number };
    };
  };
  const packets = writeBuffer.reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
  const frames = transport.socket
    ? transport.socket.bufferedAmount + transport.socket._socket.writableLength
    : 0;
  return packets + frames + (transport.res?.writableLength ?? 0);
}
