/**
 * Counts requests for a WebSocket that the server answers with 400, with the reason: Engine.IO says why. Those of a polling
 * connection also tell that connection. An upgrade that was begun and not completed is a step of its connection.
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
  /** Its connections by their ids. */
  readonly clients: Readonly<Record<string, object>>;
  on(event: 'connection_error', listener: (error: ConnectionError) => void): unknown;
  off(event: 'connection_error', listener: (error: ConnectionError) => void): unknown;
  use(middleware: (request: EngineRequest, response: unknown, next: () => void) => void): unknown;
}

type UpgradeCounters = Counters['upgrade_failures_total'];

/** `abandoned`: the WebSocket was begun and cut. Else the server has refused the request for it. */
export type UpgradeFailure = keyof UpgradeCounters;

type OnRefused = (reason: UpgradeFailure) => void;

export class UpgradeFailures {
  /** Of connections whose upgrade was refused: a client tries one for each connection. */
  readonly #refused = new WeakMap<object, UpgradeFailure>();
  readonly #listeners = new WeakMap<object, OnRefused>();

  /** To be called after the guards: what they refuse has no other reason. Returns the function that ends it. */
  watch(engine: RefusingEngine, counters: UpgradeCounters): Cancel {
    /** `ws` refuses them later, and says nothing. */
    const broken = new WeakSet<EngineRequest>();
    const refuse = (request: EngineRequest, reason: UpgradeFailure) => {
      counters[reason].value += 1;
      this.#refuse(engine, request, reason);
    };
    engine.use((request, _response, next) => {
      const { headers } = request;
      if (headers.upgrade !== undefined && isWebSocket(request) && !isHandshake(headers)) {
        broken.add(request);
        refuse(request, 'bad_request');
      }
      next();
    });
    const onError = (error: ConnectionError) => {
      if (isWebSocket(error.req) && !broken.has(error.req)) refuse(error.req, reasonOf(error));
    };
    engine.on('connection_error', onError);
    return () => void engine.off('connection_error', onError);
  }

  /**
   * Calls back once when the server refuses the upgrade of a connection, or soon if it has already: a client asks for the
   * WebSocket before Socket.IO knows the connection.
   */
  onRefused(conn: object, listener: OnRefused): void {
    const reason = this.#refused.get(conn);
    if (reason === undefined) this.#listeners.set(conn, listener);
    else queueMicrotask(() => listener(reason));
  }

  #refuse({ clients }: RefusingEngine, { _query }: EngineRequest, reason: UpgradeFailure): void {
    const sid = _query?.sid;
    const conn = sid !== undefined && Object.hasOwn(clients, sid) ? clients[sid] : undefined;
    if (conn === undefined || this.#refused.has(conn)) return;
    this.#refused.set(conn, reason);
    this.#listeners.get(conn)?.(reason);
  }
}

const isWebSocket = ({ _query }: EngineRequest): boolean => _query?.transport === 'websocket';

/** As `ws` looks at it: RFC 6455, section 4.2.1. */
const isHandshake = (headers: IncomingHttpHeaders): boolean =>
  /^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '') &&
  ['13', '8'].includes(headers['sec-websocket-version'] ?? '');

function reasonOf({ req, code, context }: ConnectionError): UpgradeFailure {
  if (code === UNKNOWN_SID) return 'unknown_connection';
  if (code === FORBIDDEN || context?.name === 'MIDDLEWARE_FAILURE') return 'refused';
  return req.headers.upgrade === undefined ? 'no_upgrade_header' : 'bad_request';
}
