/** What Socket.IO tells of an attempt that has failed. */

/**
 * What Socket.IO tells with `connect_error`, as far as it is used. An error of Engine.IO's has the type
 * `TransportError`; one without a type is the server's word, or Socket.IO's own.
 */
export interface ConnectError extends Error {
  readonly type?: unknown;
  /** For polling: the status of the answer, 0 if there was none that the page may read. */
  readonly description?: unknown;
  /** For polling: the request. */
  readonly context?: unknown;
}

/** A server that asks for more is asked again all the same. */
const MAX_MS = 60_000;

/** An answer of the session server. Read it at once: the request is aborted when Socket.IO's listeners have been called. */
export function answerOf({ context }: ConnectError): {
  readonly message?: unknown;
  readonly retry_after_ms?: unknown;
} {
  try {
    return JSON.parse((context as XMLHttpRequest).responseText) ?? {};
  } catch {
    return {};
  }
}

/** How long the server asks to wait before another attempt; 0 if it does not say. */
export const retryAfterOf = (error: ConnectError): number =>
  Math.min(Number(answerOf(error).retry_after_ms) || 0, MAX_MS);
