/** A request that has found its route, and the answer to it. */

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { TraceOrigin } from '@session-monitor/server/internal';
import type { BodyOptions, BodyResult, JsonBody } from './body.js';
import type { RoutePattern } from './router.js';

/** A query's fields; one that stands there twice has both values. No prototype: names come from outside. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface Route extends RoutePattern {
  /**
   * It says nothing of any user: links, images and scripts of pages anywhere may ask for it. Every other route refuses
   * pages of origins that are not listed, to read, too.
   */
  readonly isPublic?: true;
  /** Answers the request. What it throws is logged, and answered as `internal`. */
  handle(exchange: Exchange): Promise<void> | void;
}

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What the path has in place of its colons. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  /** Where its spans begin. Absent while nothing is traced. */
  readonly origin: TraceOrigin | undefined;
  /** Reads the request's body; see `readBody`. */
  readBody(options: BodyOptions): Promise<BodyResult<JsonBody>>;
}

/** The token or key that a request presents. */
export const bearerOf = ({ authorization = '' }: IncomingHttpHeaders): string | undefined =>
  /^Bearer (.+)$/i.exec(authorization)?.[1];

/** A request as the log names it: a query may hold a key. */
export const sourceOfRequest = ({ method, url, socket }: IncomingMessage) => ({
  method,
  path: url?.split('?')[0],
  address: socket.remoteAddress,
});

export function parseQuery(text: string): Query {
  const query: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) {
    const before = query[name];
    query[name] = before === undefined ? value : [before, value].flat();
  }
  return query;
}
