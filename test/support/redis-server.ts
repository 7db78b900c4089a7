/** A separate redis-server for a test, on a free port, in a temporary folder that is removed with it. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Child } from './child.js';
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

export class RedisServer {
  readonly port: number;
  readonly #options: RedisServerOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), 'session-monitor-redis-'));
  #child: Child | undefined;

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

  /** The same server, without TCP. */
  get socket(): string {
    return join(this.#folder, 'redis.sock');
  }

  /** Starts it on the same data and port; resolves when it answers and has loaded them. */
  async restart(): Promise<void> {
    const { appendfsync = 'always', replicaOf, through, config = {} } = this.#options;
    const lines: Record<string, string> = {
      port: String(this.port),
      unixsocket: this.socket,
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
    const child = Child.command('redis-server', args);
    this.#child = child;
    await until(
      `Redis on port ${this.port} answers`,
      async () => {
        if (!child.running) throw new Error(`Redis has ended: ${child.said}`);
        return (await this.call('PING').catch(() => '')) === 'PONG';
      },
      { timeoutMs: READY_MS, everyMs: 20, state: () => child.said },
    );
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
    this.#child?.signal(signal);
  }

  /** SIGKILL: no goodbye, no flush. Its data stay. */
  async kill(): Promise<void> {
    await this.#child?.end('SIGKILL');
  }

  /** Ends it and removes its data. */
  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
