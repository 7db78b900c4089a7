/** How HTTP answers: JSON, or a status and `{ error: { code, message, field? } }`. */

import type { ServerResponse } from 'node:http';
import type { Fault, FaultCode } from '@session-monitor/protocol';
import {
  HTTP_STATUS,
  refusalBody,
  refusalHeaders,
  retryAfterSeconds,
} from '@session-monitor/protocol/rules';
import { type HTTP_ONLY_CODES, policyOf } from '@session-monitor/server/internal';
import { markRefused } from './metrics/refusals.js';

/** Codes that only HTTP has. */
type HttpOnlyCode = (typeof HTTP_ONLY_CODES)[number];

/** The status of each code. */
export const STATUS: Readonly<Record<FaultCode | HttpOnlyCode, number>> = {
  ...HTTP_STATUS,
  not_found: 404,
  session_unknown: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  unsupported_media_type: 415,
  key_required: 401,
  body_consumed: 500,
  peer_missing: 501,
};

export interface HttpFault extends Partial<Omit<Fault, 'code' | 'message'>> {
  readonly code: FaultCode | HttpOnlyCode;
  readonly message: string;
}

/** What 401 asks for (RFC 6750, section 3). */
const CHALLENGES: Readonly<Partial<Record<HttpFault['code'], string>>> = {
  token_expired: 'Bearer error="invalid_token"',
  unauthenticated: 'Bearer',
};

/** The answer for a path that does not exist, and for a hidden one. */
export const notFoundFault: HttpFault = { code: 'not_found', message: 'There is nothing here.' };

/** The answer to a path that cannot be decoded. */
export const malformedFault: HttpFault = {
  code: 'bad_request',
  message: 'The request is malformed.',
};

export const failedFault: HttpFault = {
  code: 'internal',
  message: 'The server failed. Try again.',
};

export function sendFault(response: ServerResponse, reason: HttpFault): void {
  const { code, retry_after_ms } = reason;
  markRefused(response, code);
  if (retry_after_ms !== undefined) {
    const policy = policyOf(reason);
    const headers = policy
      ? refusalHeaders(policy, retry_after_ms)
      : { 'retry-after': `${retryAfterSeconds(retry_after_ms)}` };
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  }
  if (code in CHALLENGES) response.setHeader('www-authenticate', CHALLENGES[code] ?? '');
  // The server does not read the rest of the body.
  if (code === 'too_large' || code === 'request_timeout') {
    response.setHeader('connection', 'close');
  }
  sendJson(response, refusalBody(reason), STATUS[code]);
}

export const sendJson = (response: ServerResponse, body: object, status = 200): void =>
  sendText(response, JSON.stringify(body), 'application/json; charset=utf-8', status);

/** Answers with text. A HEAD gets its head. */
export function sendText(
  response: ServerResponse,
  body: string | Buffer,
  type: string,
  status = 200,
): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
