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
} from './client.js';
import { Command, type CommandOptions } from './command.js';
import { FaultProxy } from './fault-proxy.js';
import { RedisServer, type RedisServerOptions } from './redis-server.js';
import { ServerProcess, type ServerProcessOptions } from './server-process.js';
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

  v1Client(url: string, transport?: TransportCase): V1Client {
    const client = createV1Client(url, transport);
    this.defer(() => client.socket.disconnect());
    return client;
  }

  /** A server in a separate process, with a new data directory unless a folder is given. */
  async server(options: ServerProcessOptions = {}): Promise<ServerProcess> {
    const place = options.redis ? {} : { path: options.path ?? (await this.folder()) };
    const server = await ServerProcess.start({ ...options, ...place });
    this.defer(() => server.kill());
    return server;
  }

  async redis(options: RedisServerOptions = {}): Promise<RedisServer> {
    const redis = await RedisServer.start(options);
    this.defer(() => redis.dispose());
    return redis;
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

export const test = base.extend<{ lab: Lab }>({
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
