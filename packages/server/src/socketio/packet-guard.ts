/**
 * Bounds the packets that a peer sends. Each costs some ten microseconds whatever it says, and a payload of 64 KiB holds
 * twenty thousand of them. Counted where Engine.IO hands them over: also before the peer has joined anything. Only for a
 * server without events of the app's.
 */

import type { ServerLimits } from '../limits.js';
import type { LimitHits } from '../observe/limit-hits.js';
import type { Cancel, Clock } from '../util/clock.js';
import { TokenBucket } from '../util/token-bucket.js';
import { type EndableSocket, endNow } from './end-now.js';
import { TrafficMeter } from './traffic.js';

/** A page that comes back registers its threads at once: so many seconds' worth may come together. */
const BURST_S = 5;
/** Nothing of the protocol is binary. A few by mistake get a coded error; Socket.IO would collect any number. */
const MAX_BINARY_PACKETS = 10;

interface Packet {
  readonly data?: string | { readonly length: number };
}

/** The parts of an Engine.IO socket that the guard uses. */
interface EngineSocket extends EndableSocket {
  readonly id: string;
  readonly remoteAddress: string;
  on(event: 'packet', listener: (packet: Packet) => void): unknown;
}

/** The part of an Engine.IO server that the guard uses. */
export interface PacketSource {
  on(event: 'connection', listener: (socket: EngineSocket) => void): unknown;
  off(event: 'connection', listener: (socket: EngineSocket) => void): unknown;
}

export interface PacketGuardDeps {
  readonly limits: Pick<ServerLimits, 'packetsPerSecond'>;
  readonly hits: LimitHits;
  readonly clock: Pick<Clock, 'now'>;
}

export class PacketGuard {
  readonly #deps: PacketGuardDeps;
  readonly #meters = new WeakMap<object, TrafficMeter>();

  constructor(deps: PacketGuardDeps) {
    this.#deps = deps;
  }

  /** Returns a function that stops guarding new connections. */
  watch(engine: PacketSource): Cancel {
    engine.on('connection', this.#onConnection);
    return () => void engine.off('connection', this.#onConnection);
  }

  /** What a connection has sent so far. */
  meterOf(socket: object): TrafficMeter | undefined {
    return this.#meters.get(socket);
  }

  /** One listener for each connection: acknowledgements are packets, and there are many. */
  readonly #onConnection = (socket: EngineSocket): void => {
    const { limits, hits, clock } = this.#deps;
    const startedAt = clock.now();
    const meter = new TrafficMeter(startedAt);
    const rate = { perSecond: limits.packetsPerSecond, burstS: BURST_S };
    const bucket = new TokenBucket(rate, startedAt);
    let binary = 0;
    this.#meters.set(socket, meter);
    socket.on('packet', ({ data }) => {
      const now = clock.now();
      meter.add(data?.length ?? 0, now);
      if (data !== undefined && typeof data !== 'string') binary += 1;
      if (bucket.take(now) === 0 && binary <= MAX_BINARY_PACKETS) return;
      hits.add('packetsPerSecond', { connection: socket.id, address: socket.remoteAddress });
      // Engine.IO ignores the rest of the payload then.
      endNow(socket);
    });
  };
}
