/**
 * Counts and logs requests of connections that this node does not have. A polling client sends each request by itself:
 * if its load balancer spreads them over nodes, none of its connections lasts. From either side that looks like a bad
 * network, so a warning names it.
 */

import type { Server } from 'socket.io';
import type { Logger } from '../observe/trace.js';
import type { Clock } from '../util/clock.js';
import { RecentCount } from '../util/recent.js';

const SAY_EVERY_MS = 60_000;
/** Engine.IO's code for an unknown connection. */
const UNKNOWN_SID = 1;

export class MisroutedRequests {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #logger: Logger;
  #saidAt = Number.NEGATIVE_INFINITY;
  #unsaid = 0;
  #count = 0;
  readonly #recent = new RecentCount();

  constructor(io: Server, clock: Pick<Clock, 'now'>, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
    io.engine.on('connection_error', ({ code }: { readonly code: number }) => {
      if (code === UNKNOWN_SID) this.#see();
    });
  }

  /** How many such requests there were. */
  get count(): number {
    return this.#count;
  }

  /** How many came within about the last minute. */
  get recently(): number {
    return this.#recent.at(this.#clock.now());
  }

  #see(): void {
    this.#count += 1;
    this.#recent.add(this.#clock.now());
    this.#unsaid += 1;
    const now = this.#clock.now();
    if (now - this.#saidAt < SAY_EVERY_MS) return;
    this.#logger.warn(
      { misrouted_requests: this.#unsaid },
      'Requests came for connections that are not on this node. After a restart some do. If they keep coming, ' +
        'the load balancer does not keep a client on one node: polling needs that (sticky sessions), or let ' +
        'clients connect by WebSocket only (TRANSPORTS=websocket).',
    );
    this.#saidAt = now;
    this.#unsaid = 0;
  }
}
