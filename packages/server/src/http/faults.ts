/** How HTTP says no: a status and `{ error: { code, message, field? } }`. */

import type { Fault, FaultCode } from '@session-monitor/protocol';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { asError } from '../errors.js';

/** Codes that only HTTP has. */
export type HttpOnlyCode =
  | 'not_found'
  | 'method_not_allowed'
  | 'unsupported_media_type'
  | 'key_required';

const STATUS: Record<FaultCode | HttpOnlyCode, number> = {
  bad_request: 400,
  bad_thread_id: 400,
  missing_ack: 400,
  unknown_event: 400,
  too_large: 413,
  authorisation: 403,
  not_registered: 404,
  stale: 409,
  limit_reached: 429,
  message_id_reused: 422,
  thread_busy: 409,
  run_unknown: 404,
  run_finished: 409,
  draining: 503,
  unavailable: 503,
  internal: 500,
  not_found: 404,
  method_not_allowed: 405,
  unsupported_media_type: 415,
  key_required: 401,
};

interface HttpFault extends Partial<Omit<Fault, 'code' | 'message'>> {
  readonly code: FaultCode | HttpOnlyCode;
  readonly message: string;
}

/** The answer of a path that there is not, and of one that is hidden. */
export const notFoundFault: HttpFault = { code: 'not_found', message: 'There is nothing here.' };

/** The answer to what is no request of ours at all. */
export const malformedFault: HttpFault = {
  code: 'bad_request',
  message: 'The request is malformed.',
};

export function sendFault(reply: FastifyReply, reason: HttpFault): FastifyReply {
  const { code, message, field, retry_after_ms } = reason;
  if (retry_after_ms !== undefined) {
    void reply.header('retry-after', Math.ceil(retry_after_ms / 1_000));
  }
  return reply.status(STATUS[code]).send({ error: { code, message, ...(field && { field }) } });
}

/** What Fastify refuses before a route sees it, in our words. */
const FASTIFY_FAULTS: Readonly<Record<string, HttpFault>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'unsupported_media_type',
    message: "Send the body as JSON, with 'Content-Type: application/json'.",
  },
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'too_large', message: 'The body is too large.' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'bad_request', message: 'The body is empty. Send JSON.' },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'bad_request', message: 'The body is not valid JSON.' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'bad_request',
    message: 'The body is not as long as its Content-Length says.',
  },
};

/** `/threads/:thread_id` as the paths that it stands for. */
const patternOf = (url: string): RegExp =>
  new RegExp(`^${url.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+')}$`);

export function installFaults(app: FastifyInstance): void {
  const methods = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const known = methods.get(url) ?? new Set();
    for (const each of [method].flat()) known.add(each);
    methods.set(url, known);
  });
  const methodsOf = (path: string) =>
    methods.get(path) ?? [...methods].find(([url]) => patternOf(url).test(path))?.[1];
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const allowed = methodsOf(path);
    if (!allowed) return sendFault(reply, notFoundFault);
    const allow = [...allowed].join(', ');
    const message = `${path} does not take ${request.method}, only ${allow}.`;
    return sendFault(reply.header('allow', allow), { code: 'method_not_allowed', message });
  });
  app.setErrorHandler((thrown, request, reply) => {
    const error = asError(thrown);
    const { code, statusCode } = error as { code?: string; statusCode?: number };
    const known = FASTIFY_FAULTS[code ?? ''];
    if (known) return sendFault(reply, known);
    if (statusCode !== undefined && statusCode < 500) {
      return sendFault(reply, malformedFault);
    }
    request.log.error({ err: error }, 'A route failed');
    return sendFault(reply, { code: 'internal', message: 'The server failed. Try again.' });
  });
}
