/** How long does a client take to notice a half-open connection? */

import { SessionMonitor } from '@session-monitor/client';
import { io, type Socket } from 'socket.io-client';
import { FaultProxy } from '../test/support/fault-proxy.js';
import type { BenchRequest } from './support/question.js';
import { startServer } from './support/stage.js';

const PING_INTERVAL_MS = 5_000;

const TRANSPORTS: Readonly<Record<string, readonly string[]>> = {
  polling: ['polling'],
  websocket: ['websocket'],
  'during the upgrade': ['polling', 'websocket'],
};

export const halfOpen: BenchRequest = {
  name: 'half-open',
  title:
    'A half-open connection: until it is noticed, pings every 5 s, the server as it is by default',
  peers: () => ['plain', 'ours'],
  cases: () => Object.keys(TRANSPORTS),
  rounds: ({ short }) => (short ? 1 : 3),
  async measure(peer, name) {
    const server = await startServer();
    const port = await server.ask('start', {
      name: peer === 'ours' ? 'ours' : 'rooms',
      options: {},
    });
    const proxy = await FaultProxy.to(port);
    const socket = io(proxy.url, {
      transports: [...(TRANSPORTS[name] ?? [])],
      forceNew: true,
    });
    const monitor =
      peer === 'ours'
        ? new SessionMonitor(socket, { thread_id: 'half-open', pingInterval: PING_INTERVAL_MS })
        : undefined;
    try {
      monitor?.start();
      const from = await silenced(socket, proxy, name, monitor);
      const noticed = await new Promise<number>((resolve) => {
        const done = () => resolve(performance.now());
        // A socket that is not connected yet emits no `disconnect`.
        if (monitor) monitor.subscribe(({ state }) => state === 'recovering' && done());
        socket.once('disconnect', done);
        socket.once('connect_error', done);
      });
      return { 'noticed after s': (noticed - from) / 1_000 };
    } finally {
      monitor?.stop();
      socket.disconnect();
      await proxy.close();
      await server.ask('close');
      await server.stop();
    }
  },
  ratios: [{ metric: 'noticed after s', against: ['plain'] }],
  targets: [{ metric: 'noticed after s', atMost: 10 }],
};

/** Resolves with the time at which the connection fell silent. */
async function silenced(
  socket: Socket,
  proxy: FaultProxy,
  name: string,
  monitor: SessionMonitor | undefined,
): Promise<number> {
  if (name === 'during the upgrade') {
    await new Promise<void>((resolve) => {
      socket.io.once('open', () => socket.io.engine.once('upgrading', () => resolve()));
    });
  } else {
    await new Promise<void>((resolve) => {
      if (!monitor) socket.once('connect', resolve);
      else monitor.subscribe(({ state, rtt_ms }) => state === 'live' && rtt_ms && resolve());
    });
  }
  proxy.swallow('up', 'down');
  return performance.now();
}
