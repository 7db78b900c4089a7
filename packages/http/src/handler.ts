/** The routes as one Node handler: for `node:http`, and for whatever framework takes such a function. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { ok } from '@session-monitor/protocol';
import type { SessionServer } from '@session-monitor/server';
import {
  asError,
  configError,
  isStrongKey,
  networkOfRequest,
  VERSION as SERVER_VERSION,
  STRONG_KEY,
  setAnswerHeaders,
  type TraceOrigin,
} from '@session-monitor/server/internal';
import { failedFault, malformedFault, notFoundFault, sendFault } from './answer.js';
import { type MountedRequest, pathsOf, queryOf } from './base-path.js';
import { readBody } from './body.js';
import { allowReading, answerPreflight } from './cors.js';
import { DebugAccess } from './debug-access.js';
import { parseQuery, type Route, sourceOfRequest } from './exchange.js';
import { countRefused } from './metrics/refusals.js';
import { Pipelines } from './pipelines.js';
import { matchRoute, type RouteMatch } from './router.js';
import type { DemoPageOptions } from './routes/demo.js';
import { allRoutes, type DashboardOptions, type MetricsOptions } from './routes/index.js';
import { VERSION } from './version.js';

/** How the HTTP routes are mounted. */
export interface HandlerOptions {
  /**
   * Where the routes are, as clients see it: `/` (default), or like `/chat`. Receipts tell it to clients.
   */
  readonly basePath?: string;
  /**
   * Access to `/debug`. Without a key it is hidden, except from this machine if `attachSessions` has
   * `mode: 'development'`.
   */
  readonly debug?: {
    /** At least 16 characters, sent as `Authorization: Bearer …`. */
    readonly key?: string;
    /** Take the key as `?api_key=`, too. Default false: URLs end up in logs. */
    readonly keyInUrl?: boolean;
    /**
     * Show what users have written, over `/debug/threads/:thread_id/payloads`, to operators for whom `authorize` answers
     * `{ admin: true, payloads: true }`. Default false.
     */
    readonly payloads?: boolean;
  };
  /** Serve the demo page at the base path; needs the package `@session-monitor/demo`. Default false. */
  readonly demo?: boolean | DemoPageOptions;
  /**
   * Serve the dashboard at `/dashboard`; needs the package `@session-monitor/dashboard`. It shows what `/debug` does, to
   * those that may see that. Default false.
   */
  readonly dashboard?: boolean | DashboardOptions;
  /**
   * Serve `/metrics` for Prometheus, to callers with access to `/debug`; needs the package `prom-client`. Default false: an app
   * may have such a path, and `registerMetrics` for it.
   */
  readonly metrics?: boolean | MetricsOptions;
  /** The largest body of `POST /threads/:thread_id/events`, in bytes. Default 64 KiB. */
  readonly maxEventBodyBytes?: number;
  /** How long a client may take to send the body of a request, in milliseconds. Default 10 s; then it gets 408. */
  readonly bodyTimeoutMs?: number;
}

/** Above what pages and programs publish, below what costs other users a wait. */
export const DEFAULT_MAX_EVENT_BODY_BYTES = 64 * 1024;
/** The longest message over 300 kbit/s. A connection that is slower cannot follow a reply either. */
const DEFAULT_BODY_TIMEOUT_MS = 10_000;

/** A request as `node:http` has it, or as a framework hands it on. */
export type HandlerRequest = IncomingMessage & MountedRequest;

/** The HTTP routes as one function of a request and its response. */
export interface Handler {
  /**
   * Answers a request, or calls `next` if it is for something else. Without `next` such a request is answered with
   * 404, unless it is Socket.IO's.
   */
  (request: HandlerRequest, response: ServerResponse, next?: (error?: unknown) => void): void;
  /** Whether a request is for one of the routes. */
  handles(request: HandlerRequest): boolean;
  /** The base path and the routes below it, for adapters. */
  readonly basePath: string;
  readonly routes: readonly Pick<Route, 'method' | 'path'>[];
}

/**
 * Makes the handler and tells the sessions where it is mounted.
 *
 * @throws ServerError ERR_CONFIG for a base path that is none, a weak key, sessions that have a handler already, or a
 *   server package of another version;
 *   ERR_PEER_MISSING if the demo page or the dashboard is not installed
 */
export function createHandler(sessions: SessionServer, options: HandlerOptions = {}): Handler {
  const { basePath = '/', debug = {}, demo = false, dashboard = false, metrics = false } = options;
  const { maxEventBodyBytes = DEFAULT_MAX_EVENT_BODY_BYTES } = options;
  const { internals } = sessions;
  const { development, logger, endpoint, clock, hits, settings, peerTurns, tracing } = internals;
  const pipelines = new Pipelines(settings.limits.requestsPerConnection, ({ socket }) =>
    hits.add('requestsPerConnection', { address: socket.remoteAddress }),
  );
  const inPeerTurn = (request: HandlerRequest, work: () => void) =>
    peerTurns.run(networkOfRequest(request, endpoint.addresses), work);
  const bodyWait = { clock, timeoutMs: options.bodyTimeoutMs ?? DEFAULT_BODY_TIMEOUT_MS };
  const keys = { debug: debug.key, metrics: metricsKeyOf(metrics) };
  for (const [name, key] of Object.entries(keys)) {
    if (key === undefined || development || isStrongKey(key)) continue;
    throw configError(`This ${name} key is refused. Allowed: ${STRONG_KEY}.`);
  }
  if (SERVER_VERSION !== VERSION) {
    throw configError(
      `@session-monitor/http is ${VERSION}, @session-monitor/server is ${SERVER_VERSION}. Only the same versions fit ` +
        `together: npm install @session-monitor/http@${SERVER_VERSION}`,
    );
  }
  const { key, keyInUrl = false } = debug;
  const routes = allRoutes(sessions, {
    access: new DebugAccess(sessions, { development, key, keyInUrl }),
    demo,
    dashboard,
    payloads: debug.payloads === true,
    metrics,
    maxEventBodyBytes,
    basePath,
  });
  sessions.mountHttp(basePath);
  let hasWarned = false;

  const handler = (
    request: HandlerRequest,
    response: ServerResponse,
    next?: (error?: unknown) => void,
  ): void => {
    // Beside Socket.IO, its requests count, too.
    if (!pipelines.admits(request, response)) return;
    const match = matchOf(request);
    if (match.kind === 'not_found') {
      if (next) next();
      // Beside Socket.IO this listener receives Socket.IO's requests, too.
      else if (!isSocketIo(request)) {
        setAnswerHeaders(response);
        sendFault(response, endpoint.originCheck.refusalOf(request) ?? notFoundFault);
        countRefused(internals.metrics, response);
      }
      return;
    }
    warnIfElsewhere(request);
    const origin = tracing?.received(request);
    const begin = () =>
      inPeerTurn(request, () => {
        void answer(request, response, match, origin)
          .catch((error: unknown) => fail(request, response, error))
          .then(() => countRefused(internals.metrics, response));
      });
    pipelines.inTurn(request, response, begin);
  };

  const isSocketIo = ({ originalUrl, url }: HandlerRequest): boolean =>
    (originalUrl ?? url ?? '').startsWith(endpoint.path);

  /** The first of a request's paths that is one of ours; else what is wrong with the last. */
  function matchOf(request: HandlerRequest): RouteMatch<Route> {
    const method = request.method ?? 'GET';
    let match: RouteMatch<Route> = { kind: 'not_found' };
    for (const path of pathsOf(request, basePath)) {
      match = matchRoute(routes, method, path);
      if (match.kind !== 'not_found') return match;
    }
    return match;
  }

  async function answer(
    request: HandlerRequest,
    response: ServerResponse,
    match: Exclude<RouteMatch<Route>, { kind: 'not_found' }>,
    origin: TraceOrigin | undefined,
  ): Promise<void> {
    setAnswerHeaders(response);
    if (!(await isAdmitted(request, response, match))) return;
    if (request.method === 'OPTIONS' && request.headers['access-control-request-method']) {
      answerPreflight(response);
      return;
    }
    if (match.kind === 'malformed') {
      sendFault(response, malformedFault);
      return;
    }
    if (match.kind === 'wrong_method') {
      const allow = match.allowed.join(', ');
      response.setHeader('allow', allow);
      const message = `This path does not take ${request.method}, only ${allow}.`;
      sendFault(response, { code: 'method_not_allowed', message });
      return;
    }
    const query = parseQuery(queryOf(request));
    await match.route.handle({
      request,
      response,
      params: match.params,
      query,
      origin,
      readBody: (wanted) =>
        readBody(request, wanted, { ...bodyWait, inTurn: (work) => inPeerTurn(request, work) }),
    });
  }

  /** Whether the request may come from where it does; answers it if not. */
  async function isAdmitted(
    request: HandlerRequest,
    response: ServerResponse,
    match: RouteMatch<Route>,
  ): Promise<boolean> {
    const { originCheck } = endpoint;
    const refusal = originCheck.refusalOf(request);
    if (refusal) {
      sendFault(response, refusal);
      return false;
    }
    const isPublic = match.kind === 'found' && match.route.isPublic;
    // A page elsewhere may ask for it, and cannot read the answer unless its origin is listed.
    const admitted =
      isPublic && isRead(request)
        ? ok((await originCheck.judge(request)).readableBy)
        : await originCheck.admit(request);
    if (!admitted.ok) {
      sendFault(response, admitted.fault);
      return false;
    }
    if (admitted.value !== undefined) allowReading(response, admitted.value);
    return true;
  }

  function warnIfElsewhere({ baseUrl }: HandlerRequest): void {
    if (hasWarned || !baseUrl || pathsMeet(baseUrl, basePath)) return;
    hasWarned = true;
    logger.warn(
      { mounted_at: baseUrl, base_path: basePath },
      `The HTTP routes are mounted at '${baseUrl}', but receipts tell clients '${basePath}'. ` +
        `Create the handler with { basePath: '${baseUrl}' }.`,
    );
  }

  function fail(request: HandlerRequest, response: ServerResponse, error: unknown): void {
    // A client that has hung up gets no answer.
    if (request.destroyed && !request.complete) return;
    const { method, path } = sourceOfRequest(request);
    logger.error({ err: asError(error), method, path }, 'A route failed');
    if (response.headersSent) response.destroy();
    else sendFault(response, failedFault);
  }

  return Object.assign(handler, {
    basePath,
    routes,
    handles: (request: HandlerRequest) => matchOf(request).kind !== 'not_found',
  });
}

const metricsKeyOf = (metrics: boolean | MetricsOptions): string | undefined =>
  typeof metrics === 'object' ? metrics.key : undefined;

const isRead = ({ method }: HandlerRequest): boolean => method === 'GET' || method === 'HEAD';

/** Whether what a framework has cut off leads to the base path. */
const pathsMeet = (baseUrl: string, basePath: string): boolean =>
  basePath === baseUrl || basePath.startsWith(`${baseUrl}/`);
