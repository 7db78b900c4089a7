/** Admits requests by their origin and their host name. Logs which were refused, and what to change. */

import type { IncomingHttpHeaders } from 'node:http';
import { type Fault, fault, ok, type Result, refused } from '@session-monitor/protocol';
import type { Logger } from '../observe/trace.js';
import type { Clock } from '../util/clock.js';
import { listsHost } from './hosts.js';
import {
  isLocalHost,
  judgeOrigin,
  ORIGIN_CURE,
  type OriginPolicy,
  type OriginVerdict,
  type Scheme,
} from './origins.js';
import { forwardedScheme, isProxied } from './proxies.js';

/** A refused page tries again every few seconds: one line a minute for each origin is enough to see it. */
const REPORT_EVERY_MS = 60_000;
/** The most origins and hosts whose newest warning is remembered: a client can invent any number of them. */
const MAX_REPORTED = 1_000;

export interface OriginCheckDeps {
  readonly policy: OriginPolicy;
  /** Refuse every request that does not name this machine by a loopback name (development). */
  readonly loopbackOnly: boolean;
  /** Refuse every request that a proxy has passed on: behind one, every client looks local. */
  readonly refuseProxied?: boolean;
  /** The host names under which the server answers; empty for all. */
  readonly allowedHosts?: readonly string[];
  /** Believe what a proxy says of the scheme of a request. */
  readonly trustProxy?: boolean;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  /** Whether the log may name addresses. */
  readonly logAddresses: boolean;
}

/** The parts of a request that the check reads. */
export interface OriginRequest {
  readonly headers: IncomingHttpHeaders;
  readonly socket: {
    readonly remoteAddress?: string | undefined;
    /** Of a TLS connection: true. */
    readonly encrypted?: boolean;
  };
}

export class OriginCheck {
  readonly #deps: OriginCheckDeps;
  /** When each origin or host was reported last, oldest first, in monotonic milliseconds. */
  readonly #reported = new Map<string, number>();

  constructor(deps: OriginCheckDeps) {
    this.#deps = deps;
  }

  /** Resolves with the other origin that may read the answer, if any; refuses pages that may not connect. */
  async admit(request: OriginRequest): Promise<Result<string | undefined>> {
    const refusal = this.refusalOf(request);
    if (refusal) return refused(refusal);
    const { allowed, readableBy } = await this.judge(request);
    if (allowed) return ok(readableBy);
    const { origin = 'none', host: name, 'sec-fetch-site': site } = request.headers;
    const facts = { origin, host: name, site };
    this.#report(request, origin, facts, `A page of another origin was refused. ${ORIGIN_CURE}`);
    return refused(foreignOriginFault);
  }

  /** Whether the policy lets the request in, without a line in the log. */
  judge(request: OriginRequest): Promise<OriginVerdict> {
    return judgeOrigin(request.headers, this.#deps.policy, this.#schemeOf(request));
  }

  /** The refusal of a request for its host name, or for the proxy that has passed it on, if any. */
  refusalOf(request: OriginRequest): Fault | undefined {
    const { loopbackOnly, refuseProxied, allowedHosts = [] } = this.#deps;
    const { host } = request.headers;
    if (loopbackOnly && !isLocalHost(request.headers)) return foreignHostFault;
    if (refuseProxied && isProxied(request.headers)) {
      this.#report(request, 'proxy', { host }, proxiedFault.message);
      return proxiedFault;
    }
    if (allowedHosts.length === 0 || listsHost(allowedHosts, host)) return undefined;
    this.#report(request, `host ${host}`, { host }, `A request was refused. ${HOST_CURE}`);
    return unlistedHostFault;
  }

  /** Behind a proxy that brings TLS every connection is plain: that says nothing. */
  #schemeOf({ socket, headers }: OriginRequest): Scheme {
    if (socket.encrypted === true) return 'https';
    return this.#deps.trustProxy ? forwardedScheme(headers) : undefined;
  }

  #report({ socket }: OriginRequest, key: string, facts: object, message: string): void {
    const { clock, logger, logAddresses } = this.#deps;
    const now = clock.now();
    const before = this.#reported.get(key);
    if (before !== undefined && now - before < REPORT_EVERY_MS) return;
    this.#reported.delete(key);
    this.#reported.set(key, now);
    if (this.#reported.size > MAX_REPORTED) {
      for (const [oldest] of this.#reported) {
        this.#reported.delete(oldest);
        break;
      }
    }
    const address = logAddresses && { address: socket.remoteAddress };
    logger.warn({ ...facts, ...address }, message);
  }
}

/** What to change if a request was refused by mistake. */
const HOST_CURE =
  'Its Host header is not on the list of host names (ALLOWED_HOSTS, or the option `allowedHosts`).';

const foreignHostFault: Fault = fault(
  'authorisation',
  'In development the server is reached as localhost, 127.0.0.1 or [::1] only.',
);

/** What a request gets that a proxy has passed on to what development mode opens. */
export const proxiedFault: Fault = fault(
  'authorisation',
  'A proxy has passed this request on. Development mode is for requests from this machine itself: set MODE=production ' +
    'and AUTHORIZE (in a program `mode` and `authorize`).',
);

const unlistedHostFault: Fault = fault('authorisation', `The request was refused. ${HOST_CURE}`);

const foreignOriginFault: Fault = fault(
  'authorisation',
  `Pages of this origin may not connect. ${ORIGIN_CURE}`,
);
