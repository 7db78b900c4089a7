/**
 * Counts requests for a WebSocket that the server answers with 400, with the reason: Engine.IO says why, and no
 * connection is there to say it of. An upgrade that was begun and not completed is a step of its connection.
 */

import type { IncomingHttpHeaders } from 'node:http';
import type { Counters } from '../observe/metrics/metrics.js';
import type { Cancel } from '../util/clock.js';
import type { EngineRequest } from './request-guard.js';

/** Engine.IO's codes. */
const UNKNOWN_SID = 1;
const FORBIDDEN = 4;

/** What Engine.IO emits for a request that it refuses. */
interface ConnectionError {
  readonly req: EngineRequest;
  readonly code: number;
  readonly context?: { readonly name?: string };
}

/** The part of an Engine.IO server that this uses. */
export interface RefusingEngine {
  on(event: 'connection_error', listener: (error: ConnectionError) => void): unknown;
  off(event: 'connection_error', listener: (error: ConnectionError) => void): unknown;
  use(middleware: (request: EngineRequest, response: unknown, next: () => void) => void): unknown;
}

type UpgradeCounters = Counters['upgrade_failures_total'];

/** To be called after the guards: what they refuse has no other reason. Returns the function that ends it. */
export function countUpgradeFailures(engine: RefusingEngine, counters: UpgradeCounters): Cancel {
  /** `ws` refuses them later, and says nothing. */
  const broken = new WeakSet<EngineRequest>();
  engine.use((request, _response, next) => {
    const { headers } = request;
    if (headers.upgrade !== undefined && isWebSocket(request) && !isHandshake(headers)) {
      broken.add(request);
      counters.bad_request.value += 1;
    }
    next();
  });
  const onError = (error: ConnectionError) => {
    if (!isWebSocket(error.req) || broken.has(error.req)) return;
    counters[reasonOf(error)].value += 1;
  };
  engine.on('connection_error', onError);
  return () => void engine.off('connection_error', onError);
}

const isWebSocket = ({ _query }: EngineRequest): boolean => _query?.transport === 'websocket';

/** As `ws` looks at it: RFC 6455, section 4.2.1. */
const isHandshake = (headers: IncomingHttpHeaders): boolean =>
  /^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '') &&
  ['13', '8'].includes(headers['sec-websocket-version'] ?? '');

function reasonOf({ req, code, context }: ConnectionError): keyof UpgradeCounters {
  if (code === UNKNOWN_SID) return 'unknown_connection';
  if (code === FORBIDDEN || context?.name === 'MIDDLEWARE_FAILURE') return 'refused';
  return req.headers.upgrade === undefined ? 'no_upgrade_header' : 'bad_request';
}
