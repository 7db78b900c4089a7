/** How long does a process take from its start to its first answer? With an empty directory, and with a full one. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { BenchRequest } from './support/question.js';
import { startServer } from './support/stage.js';

const EVENTS: Readonly<Record<string, number>> = {
  'an empty directory': 0,
  '1,000,000 events': 1_000_000,
};
const MAIN = join('packages', 'session-monitor', 'dist', 'cli', 'main.js');

export const coldStart: BenchRequest = {
  name: 'cold-start',
  title: 'Cold start of npm start, without npm',
  peers: () => ['ours'],
  cases: ({ short }) => Object.keys(EVENTS).slice(0, short ? 1 : 2),
  rounds: () => 1,
  async measure(_peer, name, { short }) {
    const path = mkdtempSync(join(tmpdir(), 'bench-'));
    try {
      const count = EVENTS[name] ?? 0;
      if (count > 0) await fill(path, count);
      const times: number[] = [];
      for (let round = 0; round < (short ? 2 : 5); round += 1) times.push(await start(path));
      times.sort((a, b) => a - b);
      return { 'fastest ms': times[0] ?? 0, 'median ms': times[times.length >> 1] ?? 0 };
    } finally {
      rmSync(path, { recursive: true, force: true });
    }
  },
  ratios: [],
};

async function fill(path: string, count: number): Promise<void> {
  const server = await startServer();
  await server.ask('start', { name: 'ours', options: { path } });
  await server.ask('fill', { thread: 'long', count });
  await server.ask('close');
  await server.stop();
}

/** Resolves with the milliseconds until the first answer. */
async function start(path: string): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [MAIN, 'serve'], {
    env: { PATH: process.env.PATH, PORT: '0', DATA_DIR: path, LOG_LEVEL: 'silent', DEMO: 'off' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(child.stdout)) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (!url) continue;
    await fetch(`${url}/readyz`);
    break;
  }
  const took = performance.now() - startedAt;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
  return took;
}
