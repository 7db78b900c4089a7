/**
 * Bounds what one address may begin: handshakes, and connections that follow nothing. Counted before Engine.IO makes a
 * connection: a refused handshake costs no more than any request. Only for a server of sessions alone.
 */

import type { ServerResponse } from 'node:http';
import type { ServerLimits } from '../limits.js';
import type { LimitHits } from '../observe/limit-hits.js';
import type { Cancel, Clock, Entropy } from '../util/clock.js';
import { KeyedRate } from '../util/keyed-rate.js';
import { type EndableSocket, endNow } from './end-now.js';
import { type HandshakeRefusal, refuseHandshake } from './refuse-handshake.js';
import type { EngineRequest } from './request-guard.js';

/** Pages come back together after a restart: so many seconds' worth may come at once. */
const BURST_S = 3;
/** Clients that were refused together come back apart. */
const RETRY_MS = 1_000;
const SPREAD_MS = 2_000;
/** How long a peer that follows nothing may take to say goodbye. */
const GOODBYE_MS = 1_000;

/** The parts of an Engine.IO socket that the guard uses. */
export interface NewSocket extends EndableSocket {
  readonly request: EngineRequest;
  on(event: 'close', listener: () => void): unknown;
  off(event: 'close', listener: () => void): unknown;
}

/** The part of an Engine.IO server that the guard uses. */
export interface HandshakeSource {
  on(event: 'connection', listener: (socket: NewSocket) => void): unknown;
  off(event: 'connection', listener: (socket: NewSocket) => void): unknown;
}

export interface HandshakeGuardDeps {
  readonly limits: Pick<ServerLimits, 'handshakesPerSecond' | 'unregistered'>;
  readonly hits: LimitHits;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly entropy: Pick<Entropy, 'fraction'>;
  /** What a request is counted under; undefined for one that is not counted. */
  readonly networkOf: (request: EngineRequest) => string | undefined;
  /** Called with each request that goes beyond what its address may begin. */
  readonly onExceeded: (request: EngineRequest) => void;
  /** The refusal of every new connection, while the server is overloaded. */
  readonly overload: () => HandshakeRefusal | undefined;
}

export class HandshakeGuard {
  readonly #deps: HandshakeGuardDeps;
  readonly #handshakes: KeyedRate;
  /** How many connections of each network follow nothing yet, with those that are being made. */
  readonly #unregistered = new Map<string, number>();
  /** Handshakes that have become no connection yet. */
  readonly #arriving = new Map<object, string>();
  readonly #waiting = new Map<NewSocket, Cancel>();

  constructor(deps: HandshakeGuardDeps) {
    const { limits, clock } = deps;
    this.#deps = deps;
    const perSecond = limits.handshakesPerSecond;
    this.#handshakes = new KeyedRate({ perSecond, burstS: BURST_S, clock });
  }

  /** Returns a function that stops watching new connections. */
  watch(engine: HandshakeSource): Cancel {
    engine.on('connection', this.#onConnection);
    return () => void engine.off('connection', this.#onConnection);
  }

  /** The middleware to give to `engine.use`. */
  readonly middleware = (
    request: EngineRequest,
    response: ServerResponse,
    next: () => void,
  ): void => {
    const isHandshake = request._query?.sid === undefined;
    const network = isHandshake ? this.#deps.networkOf(request) : undefined;
    if (network === undefined) {
      next();
      return;
    }
    const exceeded = this.#refusalOf(network);
    if (exceeded) this.#deps.onExceeded(request);
    const refusal = exceeded ?? this.#deps.overload();
    if (refusal) refuseHandshake(request, response, refusal);
    else {
      this.#arrive(request, network);
      next();
    }
  };

  /** The handshakes of connections that follow nothing yet. */
  waiting(): ReadonlySet<object> {
    return new Set([...this.#waiting.keys()].map(({ request }) => request));
  }

  isWaiting(socket: object): boolean {
    return this.#waiting.has(socket as NewSocket);
  }

  /** The connection follows something. */
  registered(socket: object): void {
    this.#waiting.get(socket as NewSocket)?.();
  }

  #refusalOf(network: string): HandshakeRefusal | undefined {
    const { limits, entropy, hits } = this.#deps;
    const spreadMs = Math.round(entropy.fraction() * SPREAD_MS);
    if ((this.#unregistered.get(network) ?? 0) >= limits.unregistered) {
      const name = 'unregistered';
      hits.add(name, { address: network });
      const policy = { name, quota: limits.unregistered, unit: 'concurrent-requests' } as const;
      const retry_after_ms = RETRY_MS + spreadMs;
      return { status: 429, message: UNREGISTERED, retry_after_ms, policy };
    }
    const waitMs = this.#handshakes.take(network);
    if (waitMs === 0) return undefined;
    const name = 'handshakesPerSecond';
    hits.add(name, { address: network });
    const policy = { name, quota: limits[name] * BURST_S, windowS: BURST_S };
    return { status: 429, message: TOO_OFTEN, retry_after_ms: waitMs + spreadMs, policy };
  }

  /** Counts it at once: a burst of requests is admitted before the first of them is a connection. */
  #arrive(request: EngineRequest, network: string): void {
    this.#add(network, 1);
    this.#arriving.set(request, network);
    // Engine.IO may refuse it for another reason.
    this.#deps.clock.after(0, () => {
      if (this.#arriving.delete(request)) this.#add(network, -1);
    });
  }

  readonly #onConnection = (socket: NewSocket): void => {
    const { request } = socket;
    const network = this.#arriving.get(request) ?? this.#deps.networkOf(request);
    if (network === undefined) return;
    if (!this.#arriving.delete(request)) this.#add(network, 1);
    // By default Engine.IO waits half a minute for the poll in which it could say goodbye.
    const transport = socket.transport as { closeTimeout?: number };
    const { closeTimeout } = transport;
    if (closeTimeout !== undefined) transport.closeTimeout = GOODBYE_MS;
    const onClose = () => {
      settled();
      // A WebSocket waits as long for its peer's closing frame.
      this.#deps.clock.after(GOODBYE_MS, () => endNow(socket));
    };
    const settled = () => {
      socket.off('close', onClose);
      this.#waiting.delete(socket);
      this.#add(network, -1);
      if (closeTimeout !== undefined) transport.closeTimeout = closeTimeout;
    };
    this.#waiting.set(socket, settled);
    socket.on('close', onClose);
  };

  #add(network: string, change: 1 | -1): void {
    const count = (this.#unregistered.get(network) ?? 0) + change;
    if (count > 0) this.#unregistered.set(network, count);
    else this.#unregistered.delete(network);
  }
}

const UNREGISTERED =
  'Too many connections of this address follow nothing. Register on them, or close them; then try again.';
const TOO_OFTEN = 'Too many new connections of this address. Try again after the given time.';
