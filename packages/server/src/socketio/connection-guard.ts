/**
 * Bounds the connections of the HTTP server, so that accepting never runs out of descriptors. Near the bound it makes
 * room: it ends connections of strangers, those of the address that has most of them first. A stranger is a connection that
 * follows nothing and waits for no answer. Only for a server of sessions alone.
 */

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ServerLimits } from '../limits.js';
import type { LimitHits } from '../observe/limit-hits.js';
import type { Cancel, Clock } from '../util/clock.js';
import { roomForConnections } from '../util/descriptors.js';
import { busiestFirst } from './busiest.js';

/** Room is made from this share of the bound on, so much of it at once. */
const NEARLY_FULL = 0.9;
const MAKE_ROOM = 0.05;
/** So many strangers stay: among them are clients that are about to register. */
const SPARED = 0.05;
/** A look at all connections takes a while, and would find none again. */
const TRY_AGAIN_MS = 100;

/** What is known of a connection. */
interface Held {
  /** The newest request on it, and the answer to that; an upgrade has none. */
  request?: IncomingMessage;
  response?: ServerResponse;
}

/** Whether a request belongs to a Socket.IO connection that follows something; undefined if it is none of Socket.IO's. */
export type Follows = (request: IncomingMessage) => boolean | undefined;

export interface ConnectionGuardDeps {
  readonly limits: Pick<ServerLimits, 'connections'>;
  readonly hits: LimitHits;
  readonly clock: Pick<Clock, 'now'>;
  /** Where a connection comes from, by its newest request if there was one. */
  readonly networkOf: (connection: Duplex, request: IncomingMessage | undefined) => string;
  /** Looks at the Socket.IO connections as they are now. */
  readonly following: () => Follows;
}

export class ConnectionGuard {
  readonly #deps: ConnectionGuardDeps;
  readonly #most: number;
  readonly #held = new Map<Duplex, Held>();
  /** Monotonic milliseconds. */
  #tryAgainAt = Number.NEGATIVE_INFINITY;

  constructor(deps: ConnectionGuardDeps) {
    this.#deps = deps;
    this.#most = deps.limits.connections || roomForConnections();
  }

  /** Connections, of this many at the most. */
  get load(): number {
    return this.#held.size / this.#most;
  }

  /** Returns a function that stops the guard. */
  watch(server: Server): Cancel {
    const { hits } = this.#deps;
    const onDrop = () => hits.add('connections', { connections: this.#held.size });
    const onUpgrade = (request: IncomingMessage) => this.#onRequest(request, undefined);
    const onRequest = (request: IncomingMessage, response: ServerResponse) =>
      this.#onRequest(request, response);
    server.maxConnections = Math.min(this.#most, Number.MAX_SAFE_INTEGER);
    server.on('drop', onDrop);
    // With TLS the connections of requests are others than those that are accepted.
    if ('setSecureContext' in server) return () => void server.off('drop', onDrop);
    server.on('connection', this.#onConnection);
    server.prependListener('request', onRequest);
    server.prependListener('upgrade', onUpgrade);
    return () => {
      server.off('connection', this.#onConnection);
      server.off('request', onRequest);
      server.off('upgrade', onUpgrade);
      server.off('drop', onDrop);
    };
  }

  readonly #onConnection = (connection: Duplex): void => {
    const isNearlyFull = this.#held.size >= this.#most * NEARLY_FULL;
    if (isNearlyFull && this.#deps.clock.now() >= this.#tryAgainAt) this.#makeRoom();
    this.#held.set(connection, {});
    connection.on('close', this.#forget);
  };

  /** One listener for all connections: there are many. */
  readonly #forget = ((held: Map<Duplex, Held>) =>
    function (this: Duplex): void {
      held.delete(this);
    })(this.#held);

  #onRequest(request: IncomingMessage, response: ServerResponse | undefined): void {
    const held = this.#held.get(request.socket);
    if (!held) return;
    held.request = request;
    if (response) held.response = response;
    else delete held.response;
  }

  #makeRoom(): void {
    const { networkOf, hits } = this.#deps;
    const follows = this.#deps.following();
    const strangers = new Map<string, Duplex[]>();
    let total = 0;
    for (const [connection, held] of this.#held) {
      if (!this.#isStranger(held, follows)) continue;
      total += 1;
      const network = networkOf(connection, held.request);
      const others = strangers.get(network);
      if (others) others.push(connection);
      else strangers.set(network, [connection]);
    }
    const most = Math.ceil(this.#most * MAKE_ROOM);
    const count = Math.min(most, total - Math.ceil(this.#most * SPARED));
    if (count <= 0) {
      this.#tryAgainAt = this.#deps.clock.now() + TRY_AGAIN_MS;
      return;
    }
    for (const [address, connection] of busiestFirst(strangers, count)) {
      hits.add('connections', { address, connections: this.#held.size });
      connection.destroy();
    }
  }

  #isStranger({ request, response }: Held, follows: Follows): boolean {
    if (!request) return true;
    // It waits for its next request.
    if (response?.writableFinished) return true;
    const isFollowing = follows(request);
    // A request that has not come as a whole may never come.
    return isFollowing === undefined ? !request.complete : !isFollowing;
  }
}
