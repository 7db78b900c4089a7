/** Connections to Redis. ioredis keeps them open; it must never repeat a command by itself. */

import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisAddress } from './address.js';

export type Client = Redis | Cluster;

/** A peer that is silent for so long is gone, even if the connection looks open. */
const SILENCE_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;
const MAX_RETRY_MS = 1_000;
const AGAIN_MS = 100;

/** Clients that must not connect any more. */
const closed = new WeakSet<Client>();

/** Whether a connection was ended for good. */
export const isClosed = (client: Client): boolean => closed.has(client);

/** Quick at first: a restart of Redis takes some hundred milliseconds. */
const retryAfter = (attempt: number): number =>
  Math.min(20 * 2 ** Math.min(attempt, 8), MAX_RETRY_MS) * (0.5 + Math.random() / 2);

/**
 * Opens a connection, which reconnects by itself.
 *
 * @param name shown by CLIENT LIST
 */
export function connect(address: RedisAddress, name: string): Client {
  const client = open(address, optionsFor(address, name));
  hushErrors(client);
  if (client instanceof Cluster) client.on('+node', hushErrors);
  // A failover in the middle of a connect ends a client of ioredis for good.
  client.on('end', () => {
    if (!closed.has(client)) setTimeout(() => begin(client), AGAIN_MS).unref();
  });
  return client;
}

/** Without a listener an error would end the process. The pending commands report it to their callers. */
function hushErrors(client: Client): void {
  client.on('error', () => {
    // ioredis listens for one error of a socket. After a refused certificate TLS may emit a second one.
    const stream = client instanceof Redis ? client.stream : undefined;
    if (stream?.listenerCount('error') === 0) stream.on('error', () => {});
  });
}

function begin(client: Client): void {
  if (closed.has(client) || client.status !== 'end') return;
  // If that fails, the client emits `end` again.
  client.connect().catch(() => {});
}

/** Ends a connection for good; resolves when it has ended. */
export async function disconnect(client: Client): Promise<void> {
  closed.add(client);
  const open = !['end', 'close', 'reconnecting'].includes(client.status) && !hasNoNode(client);
  const ended = new Promise<void>((resolve) => client.once('end', () => resolve()));
  client.disconnect();
  // A client that waits to reconnect emits no `end` when it is disconnected.
  if (open) await ended;
}

/** A client of a cluster that has no connection to a node yet drops its attempt, and emits no `end` either. */
const hasNoNode = (client: Client): boolean =>
  client instanceof Cluster && client.nodes('all').length === 0;

function optionsFor(address: RedisAddress, name: string) {
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
        sentinelRetryStrategy: retryAfter,
        failoverDetector: true,
        ...(address.tls && { enableTLSForSentinelMode: true }),
      });
    case 'cluster': {
      const { db: _, retryStrategy: __, ...redisOptions } = options;
      return new Cluster(
        address.hosts.map(({ host, port }) => ({ host, port })),
        {
          redisOptions,
          enableOfflineQueue: false,
          shardedSubscribers: true,
          clusterRetryStrategy: retryAfter,
          slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
        },
      );
    }
  }
}
