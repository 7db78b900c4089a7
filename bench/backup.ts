/** How long does a commit wait during a backup? One publish at a time, while 200 MB backups run one after another. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchRequest } from './support/question.js';
import { startServer } from './support/stage.js';

const WITH_BACKUPS = 'backups going on';
const EVENT_BYTES = 4_000;
const MAIN = join('packages', 'session-monitor', 'dist', 'cli', 'main.js');

export const backup: BenchRequest = {
  name: 'backup',
  title: 'Commits while a backup is made',
  peers: () => ['ours'],
  cases: () => ['no backup', WITH_BACKUPS],
  rounds: ({ short }) => (short ? 1 : 3),
  async measure(_peer, name, { short }) {
    const folder = mkdtempSync(join(tmpdir(), 'bench-'));
    const path = join(folder, 'data');
    const server = await startServer();
    try {
      await server.ask('start', { name: 'ours', options: { path } });
      const count = short ? 5_000 : 50_000;
      await server.ask('fill', { thread: 'long', count, bytes: EVENT_BYTES });
      const backups = name === WITH_BACKUPS ? keepBackingUp(path, folder) : undefined;
      const forMs = short ? 2_000 : 10_000;
      const { p50, p99, max } = await server.ask('publishSafelyFor', { underWay: 1, forMs });
      const times = (await backups?.stop()) ?? [];
      await server.ask('close');
      return {
        'p50 ms': p50,
        'p99 ms': p99,
        'longest ms': max,
        'database MB': statSync(join(path, 'data.mdb')).size / 1e6,
        backups: times.length,
        ...(times.length > 0 && { 'slowest backup ms': Math.max(...times) }),
      };
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
  ratios: [],
};

/** Makes one backup after the other; `stop` waits for the last, and resolves with how long each took. */
function keepBackingUp(path: string, folder: string): { stop(): Promise<readonly number[]> } {
  let stopped = false;
  const done = (async () => {
    const times: number[] = [];
    while (!stopped) {
      const target = join(folder, `backup-${times.length}`);
      const before = performance.now();
      const child = spawn(process.execPath, [MAIN, 'backup', target, '--data-dir', path], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const [code] = await once(child, 'close');
      if (code !== 0) throw new Error(`The backup ended with ${code}`);
      times.push(performance.now() - before);
      rmSync(target, { recursive: true });
    }
    return times;
  })();
  return {
    async stop() {
      stopped = true;
      return done;
    },
  };
}
