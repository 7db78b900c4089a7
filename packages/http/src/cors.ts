/** CORS: what a page of another origin may send and read. Whether it may is the origin check's decision. */

import type { ServerResponse } from 'node:http';

/** What such a page may read of an answer besides its body. */
const EXPOSED_HEADERS = 'X-Run-Id, Retry-After, RateLimit, RateLimit-Policy';
export const CORS_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
const ALLOWED_HEADERS = 'Authorization, Content-Type, Idempotency-Key, Last-Event-ID';
/** Browsers keep an answer for two hours at the most. */
const MAX_AGE_S = '7200';

/** Lets a page of this origin read the answer; what other middleware has said of it stays. */
export function allowReading(response: ServerResponse, origin: string): void {
  if (!response.hasHeader('access-control-allow-origin')) {
    response.setHeader('access-control-allow-origin', origin);
    response.appendHeader('vary', 'Origin');
  }
  response.setHeader('access-control-expose-headers', EXPOSED_HEADERS);
}

/** Answers a browser that asks before it sends. */
export function answerPreflight(response: ServerResponse): void {
  response.writeHead(204, {
    'access-control-allow-methods': CORS_METHODS.join(', '),
    'access-control-allow-headers': ALLOWED_HEADERS,
    'access-control-max-age': MAX_AGE_S,
  });
  response.end();
}
