/**
 * Expected failures travel as values with a stable code. A code is part of the protocol: its
 * meaning never changes, its message may.
 */

export const FAULT_CODES = [
  /** A payload that is not of the documented shape. */
  'bad_request',
  /** A `thread_id` that is missing or outside its pattern. */
  'bad_thread_id',
  /** A message that needs an acknowledgement function came without one. */
  'missing_ack',
  /** An event that this server does not know. */
  'unknown_event',
  /** A payload over its size or depth limit. */
  'too_large',
  /** `authorize` refused this caller. Final for these credentials. */
  'authorisation',
  /** The token has expired. A fresh one may be allowed. */
  'token_expired',
  /** The token is missing or invalid. Another one may be allowed. */
  'unauthenticated',
  /** The sender's session is not (or no longer) on this connection. */
  'not_registered',
  /** A registration older than one that has been granted. */
  'stale',
  /** More than the server holds for one peer, one thread or all. */
  'limit_reached',
  /** A message id that another message already has. */
  'message_id_reused',
  /** A reply is being produced, and the sender does not want to wait for it. */
  'thread_busy',
  /** Nothing on this server produces replies. */
  'no_responder',
  /** A thread that is not in the list and has no event. */
  'thread_unknown',
  /** A run that the thread does not have. */
  'run_unknown',
  /** A run that has ended before. */
  'run_finished',
  /** The server is about to stop; another will answer. */
  'draining',
  /** The store cannot answer now. */
  'unavailable',
  /** The store is nearly full and takes nothing new. Reads, resumes and erasures go on. */
  'storage_full',
  /** A bug on the answering side. */
  'internal',
] as const;

export type FaultCode = (typeof FAULT_CODES)[number];

/** A coded failure as it travels: what was wrong, what to do, and whether trying again can help. */
export interface Fault {
  readonly code: FaultCode;
  readonly message: string;
  readonly retryable: boolean;
  /** How long to wait before trying again, in milliseconds. */
  readonly retry_after_ms?: number;
  /** The part of the input that was wrong, as a path: `cursor`, `events[3]`. */
  readonly field?: string;
}

/** Whether a refusal is about the token alone: the same request may succeed with another one. */
export const wantsToken = (code: string): boolean =>
  code === 'token_expired' || code === 'unauthenticated';

/** Whether a refusal is about the caller's identity or token. */
export const isDenial = (code: string): boolean => code === 'authorisation' || wantsToken(code);

/** Codes after which the same request may succeed later. */
const RETRYABLE: ReadonlySet<FaultCode> = new Set<FaultCode>([
  'limit_reached',
  'thread_busy',
  'draining',
  'unavailable',
  'storage_full',
  'internal',
]);

export function fault(
  code: FaultCode,
  message: string,
  details: Pick<Fault, 'field' | 'retry_after_ms'> = {},
): Fault {
  return { code, message, retryable: RETRYABLE.has(code), ...details };
}

/** The outcome of something that is expected to fail at times. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: Fault };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });
export const refused = (reason: Fault): Result<never> => ({ ok: false, fault: reason });
