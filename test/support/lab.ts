/**
 * Everything that a test starts. It ends in reverse order when the test is over, passed or failed. The
 * end of an app checks that nothing of the test is left in it (I12).
 */

import type { AppConfig } from 'session-monitor';
import { test as base } from 'vitest';
import { expectEmpty, startApp, type TestApp, temporaryFolder } from './app.js';
import {
  createClient,
  type TestClient,
  type TestClientOptions,
  type TransportCase,
  untilLive,
} from './client.js';
import { Command, type CommandOptions, SERVE } from './command.js';
import { FaultProxy } from './fault-proxy.js';
import { heldResponder } from './held-responder.js';
import { createLogger } from './logger.js';
import { RedisServer, type RedisServerOptions } from './redis-server.js';
import { ServerProcess, type ServerProcessOptions } from './server-process.js';
import { times } from './until.js';
import { createV1Client, type V1Client } from './v1-client.js';

export class Lab {
  readonly #cleanups: (() => unknown)[] = [];

  /** Runs `cleanup` at the end, before those of what was started earlier. */
  defer(cleanup: () => unknown): void {
    this.#cleanups.push(cleanup);
  }

  async app(config: Partial<AppConfig> = {}): Promise<TestApp> {
    const app = await startApp(config);
    this.defer(async () => {
      try {
        await expectEmpty(app);
      } finally {
        await app.close();
      }
    });
    return app;
  }

  /** An app, and a proxy in front of it. */
  async proxiedApp(config: Partial<AppConfig> = {}) {
    const app = await this.app(config);
    return { app, proxy: await this.proxy(app.url) };
  }

  /** An app, and the lines of its log. */
  async loggedApp(config: Partial<AppConfig> = {}) {
    const { logger, lines } = createLogger();
    const app = await this.app({ logger, ...config });
    return { app, url: app.url, lines };
  }

  /** An app whose replies stop in the middle until they are released, at the latest at the end of the test. */
  async heldApp(config: Partial<AppConfig> = {}) {
    const { responder, release } = heldResponder();
    const app = await this.app({ responder, ...config });
    this.defer(release);
    return { app, release };
  }

  async proxy(target: number | string): Promise<FaultProxy> {
    const proxy = await FaultProxy.to(target);
    this.defer(() => proxy.close());
    return proxy;
  }

  client(url: string, options: TestClientOptions = {}): TestClient {
    const client = createClient(url, options);
    this.defer(() => client.close());
    return client;
  }

  /** A client that follows its thread. */
  async liveClient(url: string, options: TestClientOptions = {}): Promise<TestClient> {
    const client = this.client(url, options);
    await untilLive(client);
    return client;
  }

  v1Client(url: string, transport?: TransportCase): V1Client {
    const client = createV1Client(url, transport);
    this.defer(() => client.socket.disconnect());
    return client;
  }

  /** A v1 client that has registered for a thread. */
  async registeredV1Client(
    url: string,
    thread_id: string,
    transport?: TransportCase,
  ): Promise<V1Client> {
    const client = this.v1Client(url, transport);
    await client.register(thread_id);
    return client;
  }

  /** A server in a separate process, with a new data directory unless a folder is given. */
  async server(options: ServerProcessOptions = {}): Promise<ServerProcess> {
    const place = options.redis ? {} : { path: options.path ?? (await this.folder()) };
    const server = await ServerProcess.start({ ...options, ...place });
    this.defer(() => server.kill());
    return server;
  }

  /** Servers on one Redis. Their replies take twenty seconds. */
  async nodes(size: number, options: Pick<ServerProcessOptions, 'demo' | 'traced'> = {}) {
    const redis = await this.redis({ appendfsync: 'no' });
    const nodes = times(size, (index) =>
      this.server({
        redis: { url: redis.url },
        node: `node-${index + 1}`,
        demo: { partsPerSecond: 20, words: 400 },
        settings: { runLeaseMs: 60_000 },
        ...options,
      }),
    );
    type Nodes = [ServerProcess, ServerProcess, ...ServerProcess[]];
    return { redis, nodes: (await Promise.all(nodes)) as Nodes };
  }

  async redis(options: RedisServerOptions = {}): Promise<RedisServer> {
    const redis = await RedisServer.start(options);
    this.defer(() => redis.dispose());
    return redis;
  }

  /** The command `serve` on a free port, and its URL once it serves. Its data directory is new unless `env` names one. */
  async serve(env: Record<string, string> = {}, flags: readonly string[] = []) {
    const DATA_DIR = env.DATA_DIR ?? (await this.folder());
    const all = { PORT: '0', DATA_DIR, ...env };
    const server = this.command(process.execPath, [...SERVE, ...flags], { env: all });
    const [, url = ''] = await server.says(/Session Monitor\s+(http:\S+)/);
    return { server, url };
  }

  command(file: string, args: readonly string[], options: CommandOptions = {}): Command {
    const command = new Command(file, args, options);
    this.defer(() => command.signal('SIGKILL'));
    return command;
  }

  async folder(): Promise<string> {
    const { path, remove } = await temporaryFolder();
    this.defer(remove);
    return path;
  }

  async close(): Promise<void> {
    for (let cleanup = this.#cleanups.pop(); cleanup; cleanup = this.#cleanups.pop()) {
      await cleanup();
    }
  }
}

const withLab = base.extend<{ lab: Lab }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the fixtures that are needed off this pattern
  lab: async ({}, use) => {
    const lab = new Lab();
    try {
      await use(lab);
    } finally {
      await lab.close();
    }
  },
});

/** A test that gets its lab. */
export function test(name: string, body: (lab: Lab) => unknown, timeoutMs?: number): void {
  withLab(name, ({ lab }) => body(lab), timeoutMs);
}

/** The same for each case of a table. */
test.for =
  <T>(cases: readonly T[]) =>
  (name: string, body: (each: T, lab: Lab) => unknown, timeoutMs?: number): void => {
    const options = timeoutMs === undefined ? {} : { timeout: timeoutMs };
    withLab.for(cases)(name, options, async (each, { lab }) => {
      await body(each, lab);
    });
  };
