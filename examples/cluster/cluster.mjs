/**
 * A cluster on one machine: a Redis, some servers, nginx in front of them. Each is a separate process with its data
 * in a temporary folder, and all of them end with this one.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(
  new URL('../../packages/session-monitor/dist/cli/main.js', import.meta.url),
);
const TEMPLATE = new URL('./nginx.conf', import.meta.url);
const READY_MS = 60_000;

/**
 * @param {{ nodes?: number, port?: number, redisUrl?: string, env?: Record<string, string>, say?: (line: string) => void }} [options]
 *   `port` of nginx, 0 for a free one; `redisUrl` of a Redis that is there already; `env` for every server
 */
export async function startCluster({
  nodes: size = 3,
  port = 0,
  redisUrl,
  env = {},
  say = () => {},
} = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'session-monitor-cluster-'));
  const cleanups = [() => rmSync(folder, { recursive: true, force: true })];
  const close = async () => {
    for (let cleanup = cleanups.pop(); cleanup; cleanup = cleanups.pop()) await cleanup();
  };
  try {
    const url = redisUrl ?? (await startRedis(folder, cleanups));
    say(`Redis    ${url}`);
    const nodes = [];
    for (let number = 1; number <= size; number += 1) {
      const node = new Node(`node-${number}`, await freePort(), folder, { ...env, REDIS_URL: url });
      cleanups.push(() => node.stop());
      nodes.push(node);
      await node.start();
      say(`${node.name}   ${node.url}   process ${node.pid}`);
    }
    const front = await startNginx(folder, nodes, port === 0 ? await freePort() : port, cleanups);
    say(`nginx    ${front}`);
    return { url: front, nodes, folder, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** One server. */
class Node {
  #child;
  #output = '';

  constructor(name, port, folder, env) {
    this.name = name;
    this.port = port;
    this.folder = folder;
    this.env = env;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid() {
    return this.#child?.pid;
  }

  /** Resolves when it takes on work. */
  async start() {
    const child = spawn(process.execPath, ['--max-semi-space-size=64', COMMAND, 'serve'], {
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        LOG_LEVEL: 'warn',
        NODE_NAME: this.name,
        PORT: String(this.port),
        ...this.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (bytes) => {
        this.#output = (this.#output + bytes).slice(-4_000);
      });
    }
    await untilReady(`${this.url}/readyz`, child, () => this.#output);
  }

  /** SIGTERM: it hands its clients over. Resolves with its exit code. */
  stop() {
    return this.end('SIGTERM');
  }

  /** @param {NodeJS.Signals} signal */
  async end(signal) {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return null;
    const exit = once(child, 'exit');
    child.kill(signal);
    const [code] = await exit;
    return code;
  }
}

async function startRedis(folder, cleanups) {
  const port = await freePort();
  const dir = join(folder, 'redis');
  mkdirSync(dir);
  // What docs/redis.md asks for, and nothing else.
  const config = {
    port,
    dir,
    bind: '127.0.0.1',
    save: '',
    appendonly: 'yes',
    appendfsync: 'always',
  };
  const args = Object.entries(config).flatMap(([name, value]) => [`--${name}`, String(value)]);
  await startProcess('redis-server', args, cleanups);
  await untilOpen(port, 'redis-server');
  return `redis://127.0.0.1:${port}`;
}

async function startNginx(folder, nodes, port, cleanups) {
  const names = nodes.map(({ name }) => name);
  const others = (name) => nodes.filter((node) => node.name !== name);
  const upstreams = nodes.map(
    (node) => `
  upstream ${node.name} {
    server 127.0.0.1:${node.port} max_fails=0;
${others(node.name)
  .map((other) => `    server 127.0.0.1:${other.port} max_fails=0 backup;`)
  .join('\n')}
  }`,
  );
  const share = (100 / nodes.length).toFixed(2);
  const chosen = names.map(
    (name, index) => `    ${index < names.length - 1 ? `${share}%` : '*'} ${name};`,
  );
  const answered = nodes.map((node) => `    "~127.0.0.1:${node.port}$" ${node.name};`);
  const config = readFileSync(TEMPLATE, 'utf8')
    .replaceAll('{{folder}}', folder)
    .replace('{{port}}', String(port))
    .replace('{{upstreams}}', upstreams.join('\n'))
    .replace('{{chosen}}', chosen.join('\n'))
    .replace('{{answered}}', answered.join('\n'))
    .replace('{{names}}', names.join('|'));
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, config);
  await startProcess('nginx', ['-e', join(folder, 'nginx.log'), '-c', file], cleanups);
  await untilOpen(port, 'nginx');
  return `http://127.0.0.1:${port}`;
}

async function startProcess(command, args, cleanups) {
  const child = spawn(command, args, { stdio: 'ignore' });
  // Not SIGKILL: nginx would leave its worker behind.
  const kill = () => child.kill('SIGTERM');
  process.once('exit', kill);
  cleanups.push(async () => {
    process.off('exit', kill);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    await exit;
  });
  const failed = once(child, 'error').then(([error]) => {
    const hint = `Install it: apt-get install ${command === 'nginx' ? 'nginx-light' : command}`;
    throw new Error(`${command} cannot be started: ${error.message}. ${hint}`);
  });
  await Promise.race([failed, once(child, 'spawn')]);
  failed.catch(() => {});
}

async function untilReady(url, child, output) {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`A server has ended: ${output()}`);
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    if (Date.now() > deadline) throw new Error(`A server does not get ready: ${output()}`);
    await pause(50);
  }
}

async function untilOpen(port, what) {
  const { connect } = await import('node:net');
  const deadline = Date.now() + READY_MS;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const open = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (open) return;
    if (Date.now() > deadline) throw new Error(`${what} does not listen on port ${port}`);
    await pause(50);
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
