/**
 * The server is killed and started again, and every client comes back with a cursor. How long until all of them
 * follow their threads again? Each has its own thread, and one event waits for it.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dialectOf, type PeerName } from './support/peers/peer.js';
import type { BenchRequest } from './support/question.js';
import { names, profiled, startLoad, startServer } from './support/stage.js';

const SESSIONS: Readonly<Record<string, number>> = {
  '500 sessions': 500,
  '5,000 sessions': 5_000,
};

export const restart: BenchRequest = {
  name: 'restart',
  title: 'A restart under load: from the kill until every client is back',
  peers: () => ['rooms', 'ours'],
  cases: ({ short }) => Object.keys(SESSIONS).slice(short ? 0 : 1, short ? 1 : 2),
  rounds: () => 1,
  async measure(peer, name) {
    const path = mkdtempSync(join(tmpdir(), 'bench-'));
    const threads = names(SESSIONS[name] ?? 1);
    const load = await startLoad();
    let server = await startServer();
    try {
      const start = (port: number) =>
        server.ask('start', { name: peer as PeerName, options: { path, port } });
      const port = await start(0);
      const dialect = dialectOf(peer as PeerName);
      await load.ask('connect', { port, dialect, threads, sessionsPerThread: 1 });
      await server.ask('publishOnce', { threads, count: 1 });
      await load.ask('gotEvents', 1);
      await server.child.end('SIGKILL');
      const killedAt = performance.now();
      server = await startServer();
      await start(port);
      const upMs = performance.now() - killedAt;
      const before = await server.ask('usage');
      await server.ask('watchLoop');
      const { joinedMs } = await profiled(server, peer as PeerName, () =>
        load.ask('comeBack', { events: 1 }),
      );
      const stall = await server.ask('longestStall');
      const after = await server.ask('usage');
      await load.ask('disconnect');
      await server.ask('close');
      return {
        'all back ms': upMs + joinedMs,
        'server up ms': upMs,
        'longest stall ms': stall,
        'server µs/session': (after.cpuUs - before.cpuUs) / threads.length,
      };
    } finally {
      await load.stop();
      await server.stop();
      rmSync(path, { recursive: true, force: true });
    }
  },
  ratios: [{ metric: 'server µs/session', against: ['rooms'] }],
  targets: [{ metric: 'all back ms', name: '5,000 sessions', atMost: 10_000 }],
};
