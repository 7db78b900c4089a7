/**
 * Measures how long a new user waits: clones this repository, runs `npm start` with an empty npm cache, asks a
 * question, and reports when the first word of the reply arrives. `node scripts/first-word.mjs`
 */

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail, ROOT, say } from './support/steps.mjs';

const folder = mkdtempSync(join(tmpdir(), 'first-word-'));
const clone = join(folder, 'clone');
const startedAt = performance.now();
const seconds = () => ((performance.now() - startedAt) / 1_000).toFixed(1);

run('git', ['clone', '--quiet', ROOT, clone]);
say(`cloned             ${seconds()} s`);
const server = spawn('npm', ['start', '--', '--port', String(await freePort())], {
  cwd: clone,
  env: { ...process.env, npm_config_cache: join(folder, 'npm-cache') },
  stdio: ['ignore', 'pipe', 'inherit'],
  detached: true,
});
try {
  const url = await address(server);
  say(`installed, built   ${seconds()} s`);
  await firstWord(url);
  say(`first word         ${seconds()} s, on ${cpus().length} cores with an empty npm cache`);
} finally {
  server.stdout.removeAllListeners('end');
  process.kill(-server.pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

function address({ stdout }) {
  let text = '';
  return new Promise((resolve) => {
    stdout.on('end', () => fail(`npm start has ended:\n${text}`));
    stdout.on('data', (chunk) => {
      text += chunk;
      const url = /Session Monitor\s+(http:\S+)/.exec(text)?.[1];
      if (url) resolve(url);
    });
  });
}

async function firstWord(url) {
  const response = await fetch(`${url}/havefun`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user_input: 'What is a cursor?', thread_id: 'first-word' }),
  });
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes('"type":"message"')) return;
  }
  fail(`The reply has no word:\n${text}`);
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) fail(`'${command} ${args.join(' ')}' failed`);
}
