/** Admits requests by their origin. Logs which pages were refused, and what to change. */

import type { IncomingHttpHeaders } from 'node:http';
import { type Fault, fault, ok, type Result, refused } from '@session-monitor/protocol';
import type { Logger } from '../observe/trace.js';
import type { Clock } from '../util/clock.js';
import { isLocalHost, judgeOrigin, ORIGIN_CURE, type OriginPolicy } from './origins.js';

/** A refused page tries again every few seconds: one line a minute for each origin is enough to see it. */
const REPORT_EVERY_MS = 60_000;
/** The most origins whose newest warning is remembered: a client can invent any number of them. */
const MAX_REPORTED = 1_000;

export interface OriginCheckDeps {
  readonly policy: OriginPolicy;
  /** Refuse every request that does not name this machine by a loopback name (development). */
  readonly loopbackOnly: boolean;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  /** Whether the log may name addresses. */
  readonly logAddresses: boolean;
}

/** The parts of a request that the check reads. */
export interface OriginRequest {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

export class OriginCheck {
  readonly #deps: OriginCheckDeps;
  /** When each origin was reported last, oldest first, in monotonic milliseconds. */
  readonly #reported = new Map<string, number>();

  constructor(deps: OriginCheckDeps) {
    this.#deps = deps;
  }

  /** Resolves with the other origin that may read the answer, if any; refuses pages that may not connect. */
  async admit(request: OriginRequest): Promise<Result<string | undefined>> {
    const host = this.hostRefusalOf(request);
    if (host) return refused(host);
    const { allowed, readableBy } = await judgeOrigin(request.headers, this.#deps.policy);
    if (allowed) return ok(readableBy);
    this.#report(request);
    return refused(foreignOriginFault);
  }

  /** The refusal of a request for its `Host` header, if any. */
  hostRefusalOf({ headers }: OriginRequest): Fault | undefined {
    return this.#deps.loopbackOnly && !isLocalHost(headers) ? foreignHostFault : undefined;
  }

  #report({ headers, socket }: OriginRequest): void {
    const { clock, logger, logAddresses } = this.#deps;
    const { origin = 'none', host } = headers;
    const now = clock.now();
    const before = this.#reported.get(origin);
    if (before !== undefined && now - before < REPORT_EVERY_MS) return;
    this.#reported.delete(origin);
    this.#reported.set(origin, now);
    if (this.#reported.size > MAX_REPORTED) {
      for (const [oldest] of this.#reported) {
        this.#reported.delete(oldest);
        break;
      }
    }
    const site = headers['sec-fetch-site'];
    const address = logAddresses && { address: socket.remoteAddress };
    const facts = { origin, host, site, ...address };
    logger.warn(facts, `A page of another origin was refused. ${ORIGIN_CURE}`);
  }
}

const foreignHostFault: Fault = fault(
  'authorisation',
  'In development the server is reached as localhost, 127.0.0.1 or [::1] only.',
);

const foreignOriginFault: Fault = fault(
  'authorisation',
  `Pages of this origin may not connect. ${ORIGIN_CURE}`,
);
