/** A refusal as HTTP gives it: its status, its body, and when to ask again. */

import type { Fault, FaultCode } from '../faults.js';

/** The HTTP status of each fault. */
export const HTTP_STATUS: Readonly<Record<FaultCode, number>> = {
  bad_request: 400,
  bad_thread_id: 400,
  missing_ack: 400,
  unknown_event: 400,
  too_large: 413,
  authorisation: 403,
  token_expired: 401,
  unauthenticated: 401,
  not_registered: 404,
  stale: 409,
  limit_reached: 429,
  message_id_reused: 422,
  thread_busy: 409,
  no_responder: 404,
  thread_unknown: 404,
  run_unknown: 404,
  run_finished: 409,
  draining: 503,
  unavailable: 503,
  storage_full: 507,
  internal: 500,
};

export const refusalBody = ({ code, message, field }: HttpRefusal) => ({
  error: { code, message, ...(field && { field }) },
});

interface HttpRefusal extends Pick<Fault, 'message' | 'field'> {
  /** HTTP has further codes. */
  readonly code: string;
}

/** The header `retry-after`. */
export const retryAfterSeconds = (ms: number): number => Math.ceil(ms / 1_000);
