/**
 * Refuses new connections while the server has enough to do with those it has: they would slow all of them down. The more
 * are refused, the further apart they come back, so that the herd after a crash spreads by itself.
 */

import type { ServerLimits } from '../limits.js';
import type { LimitHits } from '../observe/limit-hits.js';
import type { Clock, Entropy } from '../util/clock.js';
import type { HandshakeRefusal } from './refuse-handshake.js';

/** Of its bound; a server that could make room has made it before. */
const FULL = 0.95;
const RETRY_MS = 1_000;
const LEAST_SPREAD_MS = 2_000;
const MOST_SPREAD_MS = 8_000;
/** How many a second a server takes on beside its other work, roughly: a registration costs a millisecond. */
const TAKEN_PER_SECOND = 200;
/** Refusals of longer ago are those of clients that have come back. */
const FORGET_MS = 5_000;

export interface OverloadDeps {
  readonly limits: Pick<ServerLimits, 'loopDelayMs' | 'memoryPercent'>;
  readonly hits: LimitHits;
  readonly clock: Pick<Clock, 'now'>;
  readonly entropy: Pick<Entropy, 'fraction'>;
  readonly gauge: { readonly delayMs: number; readonly memoryShare: number };
  /** How full the server is with connections, 0 to 1. */
  readonly connections: () => number;
}

type OverloadLimit = 'loopDelayMs' | 'memoryPercent' | 'connections';

export class Overload {
  readonly #deps: OverloadDeps;
  #refused = 0;
  #since = 0;

  constructor(deps: OverloadDeps) {
    this.#deps = deps;
  }

  /** The refusal of a new connection; undefined if there is room for it. */
  refusal(): HandshakeRefusal | undefined {
    const name = this.#exceeded();
    if (!name) return undefined;
    const { hits, entropy, gauge } = this.#deps;
    const delay_ms = Math.round(gauge.delayMs);
    const memory_percent = Math.round(gauge.memoryShare * 100);
    hits.add(name, { delay_ms, memory_percent });
    const spreadMs = entropy.fraction() * this.#spreadMs();
    const policy = { name, quota: 0, unit: 'concurrent-requests' } as const;
    const retry_after_ms = RETRY_MS + Math.round(spreadMs);
    return { status: 503, message: OVERLOADED, retry_after_ms, policy };
  }

  #exceeded(): OverloadLimit | undefined {
    const { limits, gauge, connections } = this.#deps;
    if (gauge.delayMs > limits.loopDelayMs) return 'loopDelayMs';
    if (gauge.memoryShare * 100 > limits.memoryPercent) return 'memoryPercent';
    return connections() > FULL ? 'connections' : undefined;
  }

  /** Long enough for those that are refused to come back one after the other. */
  #spreadMs(): number {
    const now = this.#deps.clock.now();
    if (now - this.#since > FORGET_MS) {
      this.#since = now;
      this.#refused = 0;
    }
    this.#refused += 1;
    const neededMs = (this.#refused / TAKEN_PER_SECOND) * 1_000;
    return Math.min(MOST_SPREAD_MS, Math.max(LEAST_SPREAD_MS, neededMs));
  }
}

const OVERLOADED = 'The server is overloaded and takes no new connections for a moment. Try again.';
