/** A separate redis-server for a test, on a free port, in a temporary folder that is removed with it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './free-port.js';
import { until } from './until.js';

export interface RedisServerOptions {
  /** Whether a write is on the disk before it is confirmed. Default: `always`. */
  readonly appendfsync?: 'always' | 'everysec' | 'no';
  /** Its primary. A replica has started when it receives the primary's writes. */
  readonly replicaOf?: RedisServer;
  /** A port that leads to the primary, if not the primary's own. */
  readonly through?: number;
  /** Further lines of its configuration. */
  readonly config?: Readonly<Record<string, string>>;
}

const READY_MS = 10_000;
const LOOK_EVERY_MS = 20;
const MAX_LOG_LENGTH = 2_000;

export class RedisServer {
  readonly port: number;
  readonly #options: RedisServerOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), 'session-monitor-redis-'));
  #child: ChildProcess | undefined;
  /** The end of its log. */
  #log = '';

  private constructor(port: number, options: RedisServerOptions) {
    this.port = port;
    this.#options = options;
  }

  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options);
    await server.restart();
    if (options.replicaOf) await server.untilItFollows();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it on the same data and port; resolves when it answers and has loaded them. */
  async restart(): Promise<void> {
    const { appendfsync = 'always', replicaOf, through, config = {} } = this.#options;
    const lines: Record<string, string> = {
      port: String(this.port),
      bind: '127.0.0.1',
      dir: this.#folder,
      save: '',
      appendonly: 'yes',
      appendfsync,
      'maxmemory-policy': 'noeviction',
      // A replica that comes is served at once.
      'repl-diskless-sync-delay': '0',
      ...(replicaOf && { replicaof: `127.0.0.1 ${through ?? replicaOf.port}` }),
      ...config,
    };
    const args = Object.entries(lines).flatMap(([name, value]) => [
      `--${name}`,
      ...(value === '' ? [''] : value.split(' ')),
    ]);
    const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#child = child;
    this.#log = '';
    child.stdout.on('data', (text) => {
      this.#log = `${this.#log}${text}`.slice(-MAX_LOG_LENGTH);
    });
    process.once('exit', this.#onExit);
    await this.#untilReady(child);
  }

  /**
   * Resolves when a replica receives the writes of its primary. A link that is up only shows that it will.
   */
  async untilItFollows(): Promise<void> {
    const { replicaOf } = this.#options;
    const shown = async () => Number((await this.call('GET', 'follows').catch(() => 0)) ?? 0);
    await until('the replica has a copy', async () => {
      await replicaOf?.call('INCR', 'follows');
      return (await shown()) > 0;
    });
    // What is written now cannot be part of that copy.
    const written = Number(await replicaOf?.call('INCR', 'follows'));
    await until('the replica follows', async () => (await shown()) >= written);
  }

  /** Sends one command, on a new connection. */
  async call(name: string, ...args: readonly (string | number)[]): Promise<unknown> {
    const { requirepass: password } = this.#options.config ?? {};
    const client = new Redis({
      port: this.port,
      lazyConnect: true,
      retryStrategy: () => null,
      ...(password !== undefined && { password }),
    });
    client.on('error', () => {});
    try {
      await client.connect();
      return await client.call(name, ...args);
    } finally {
      client.disconnect();
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** SIGKILL: no goodbye, no flush. Its data stay. */
  async kill(): Promise<void> {
    const child = this.#child;
    process.off('exit', this.#onExit);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  /** Ends it and removes its data. */
  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  readonly #onExit = () => this.#child?.kill('SIGKILL');

  async #untilReady(child: ChildProcess): Promise<void> {
    const deadline = performance.now() + READY_MS;
    for (;;) {
      const answer = await this.call('PING').catch((error: unknown) => error);
      if (answer === 'PONG') return;
      const why =
        child.exitCode === null ? `does not answer: ${answer}` : `exited with ${child.exitCode}`;
      if (child.exitCode !== null || performance.now() > deadline) {
        throw new Error(`Redis on port ${this.port} ${why}\n${this.#log}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}
