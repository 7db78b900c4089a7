/** Connections to Redis. ioredis keeps them open; it must never repeat a command by itself. */

import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { Clock, Entropy } from '../../util/clock.js';
import { asError } from '../../util/errors.js';
import type { RedisAddress } from './address.js';
import {
  NotSentError,
  type RedisConnection,
  RefusedError,
  type Reply,
  type SubscriberConnection,
} from './connection.js';
import type { Call } from './script.js';

type Client = Redis | Cluster;

/** A peer that is silent for so long is gone, even if the connection looks open. */
const SILENCE_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;
const MAX_RETRY_MS = 1_000;
const AGAIN_MS = 100;

/** ioredis had no connection to send it on. */
const NOT_SENT = /^Stream isn't writeable/;

export interface ConnectDeps {
  readonly address: RedisAddress;
  /** Shown by CLIENT LIST. */
  readonly name: string;
  readonly clock: Pick<Clock, 'after'>;
  readonly entropy: Pick<Entropy, 'fraction'>;
}

/** A connection of ioredis that reconnects until it is closed. */
class Connection {
  readonly client: Client;
  #closed = false;

  constructor(deps: ConnectDeps) {
    const client = open(deps.address, optionsFor(deps));
    this.client = client;
    hushErrors(client);
    if (client instanceof Cluster) client.on('+node', hushErrors);
    // A failover in the middle of a connect ends a client of ioredis for good.
    client.on('end', () => {
      if (!this.#closed) deps.clock.after(AGAIN_MS, () => this.#begin());
    });
  }

  get ready(): boolean {
    return this.client.status === 'ready';
  }

  get closed(): boolean {
    return this.#closed;
  }

  on(event: 'ready' | 'lost' | 'closed', listener: () => void): void {
    if (event === 'ready') this.client.on('ready', listener);
    else if (event === 'lost') this.client.on('close', listener);
    else this.client.on('end', () => this.#closed && listener());
  }

  onError(listener: (error: Error) => void): void {
    this.client.on('error', (error: unknown) => listener(asError(error)));
  }

  async close(): Promise<void> {
    const { client } = this;
    this.#closed = true;
    const open = !['end', 'close', 'reconnecting'].includes(client.status) && !hasNoNode(client);
    const ended = new Promise<void>((resolve) => client.once('end', () => resolve()));
    client.disconnect();
    // A client that waits to reconnect emits no `end` when it is disconnected.
    if (open) await ended;
  }

  #begin(): void {
    if (this.#closed || this.client.status !== 'end') return;
    // If that fails, the client emits `end` again.
    this.client.connect().catch(() => {});
  }
}

class CommandConnection extends Connection implements RedisConnection {
  async send(calls: readonly Call[]): Promise<readonly (Reply | Error)[]> {
    const { client } = this;
    // On a cluster the keys of the calls may be on several nodes.
    if (client instanceof Cluster || calls.length === 1) {
      return Promise.all(calls.map(([name = '', ...args]) => outcomeOf(client, name, args)));
    }
    const pipeline = client.pipeline();
    for (const [name = '', ...args] of calls) pipeline.callBuffer(name, ...args);
    const results = await pipeline.exec().catch((error: unknown) => errorOf(error));
    return calls.map((_, index) => {
      if (results instanceof Error || !results) return results ?? new Error('The pipeline ended');
      const [error, reply] = results[index] ?? [new Error('Redis gave no answer'), null];
      return error ? errorOf(error) : (reply as Reply);
    });
  }

  async load(lua: string): Promise<void> {
    const { client } = this;
    const servers = client instanceof Cluster ? client.nodes('master') : [client];
    await Promise.all(servers.map((server) => server.script('LOAD', lua)));
  }
}

class WakeConnection extends Connection implements SubscriberConnection {
  async subscribe(channel: string): Promise<void> {
    const { client } = this;
    await (client instanceof Cluster ? client.ssubscribe(channel) : client.subscribe(channel));
  }

  async unsubscribe(channel: string): Promise<void> {
    const { client } = this;
    await (client instanceof Cluster ? client.sunsubscribe(channel) : client.unsubscribe(channel));
  }

  onMessage(listener: (channel: string, message: string) => void): void {
    this.client.on(this.client instanceof Cluster ? 'smessage' : 'message', listener);
  }

  probe(): void {
    if (this.client instanceof Redis && this.ready) this.client.ping().catch(() => {});
  }
}

/** Opens a connection for commands. */
export const connect = (deps: ConnectDeps): CommandConnection => new CommandConnection(deps);

/** Opens a connection that subscribes. */
export const connectToWake = (deps: ConnectDeps): WakeConnection => new WakeConnection(deps);

const outcomeOf = (client: Client, name: string, args: readonly string[]): Promise<Reply | Error> =>
  client.callBuffer(name, ...args).then(
    (reply) => reply as Reply,
    (error: unknown) => errorOf(error),
  );

function errorOf(error: unknown): Error {
  const { name, message } = asError(error);
  if (name === 'ReplyError') return new RefusedError(message);
  return NOT_SENT.test(message) ? new NotSentError(message) : asError(error);
}

/** Without a listener an error would end the process. The pending commands report it to their callers. */
function hushErrors(client: Client): void {
  client.on('error', () => {
    // ioredis listens for one error of a socket. After a refused certificate TLS may emit a second one.
    const stream = client instanceof Redis ? client.stream : undefined;
    if (stream?.listenerCount('error') === 0) stream.on('error', () => {});
  });
}

/** A client of a cluster that has no connection to a node yet drops its attempt, and emits no `end` either. */
const hasNoNode = (client: Client): boolean =>
  client instanceof Cluster && client.nodes('all').length === 0;

function optionsFor({ address, name, entropy }: ConnectDeps) {
  /** Quick at first: a restart of Redis takes some hundred milliseconds. */
  const retryAfter = (attempt: number): number =>
    Math.min(20 * 2 ** Math.min(attempt, 8), MAX_RETRY_MS) * (0.5 + entropy.fraction() / 2);
  return {
    connectionName: name,
    // One shape of replies for every command.
    protocol: 2,
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SILENCE_MS,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    retryStrategy: retryAfter,
    // The primary has become a replica and refuses writes. Reconnecting finds the new primary.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    ...(address.username !== undefined && { username: address.username }),
    ...(address.password !== undefined && { password: address.password }),
    ...(address.db !== undefined && { db: address.db }),
    ...(address.tls && { tls: {} }),
  } satisfies RedisOptions;
}

type Options = ReturnType<typeof optionsFor>;

function open(address: RedisAddress, options: Options): Client {
  switch (address.kind) {
    case 'server':
      return new Redis({ ...options, host: address.host, port: address.port });
    case 'socket':
      return new Redis({ ...options, path: address.path });
    case 'sentinel':
      return new Redis({
        ...options,
        sentinels: address.hosts.map(({ host, port }) => ({ host, port })),
        name: address.name,
        sentinelRetryStrategy: options.retryStrategy,
        failoverDetector: true,
        ...(address.tls && { enableTLSForSentinelMode: true }),
      });
    case 'cluster': {
      const { db: _, retryStrategy, ...redisOptions } = options;
      return new Cluster(
        address.hosts.map(({ host, port }) => ({ host, port })),
        {
          redisOptions,
          enableOfflineQueue: false,
          shardedSubscribers: true,
          clusterRetryStrategy: retryStrategy,
          slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
        },
      );
    }
  }
}
