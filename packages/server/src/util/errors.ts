/**
 * Errors that the server throws: misuse, and failures that stop an operation. Expected failures are values (see
 * `Fault`). A code is stable; the message says what to do.
 */

import type { Fault, Result } from '@session-monitor/protocol';

export type ServerErrorCode =
  /** An invalid option or environment variable. */
  | 'ERR_CONFIG'
  /** A required package is not installed; the message names it. */
  | 'ERR_PEER_MISSING'
  /** The server to attach to is no Socket.IO 4 server, or already has sessions. */
  | 'ERR_SOCKET_IO'
  /** The data directory is in use by another process. */
  | 'ERR_STORE_IN_USE'
  /** The data directory holds foreign files. */
  | 'ERR_STORE_FOREIGN'
  /** The data directory was written by another format version. */
  | 'ERR_STORE_FORMAT'
  /** The data directory cannot be read or written. */
  | 'ERR_STORE_ACCESS'
  /** Other users can read or write the data directory; the message has the command that changes this. */
  | 'ERR_STORE_PERMISSIONS'
  /** The stored data fails its checks. */
  | 'ERR_STORE_CORRUPT'
  /** A backup could not be made; the data directory is as it was. */
  | 'ERR_BACKUP'
  /** A write failed; the store accepts no more. */
  | 'ERR_STORE_FAILED'
  /** The store does not answer at the moment. The operation was not done, or is safe to repeat. */
  | 'ERR_STORE_UNAVAILABLE'
  /** An invalid publish: bad name, bad data, too large. */
  | 'ERR_PUBLISH'
  /** The store does not know whether a publish was written. Repeat it with the same message_id. */
  | 'ERR_PUBLISH_UNKNOWN'
  /** An invalid message or name; nothing was done. */
  | 'ERR_BAD_MESSAGE'
  /** The server refuses the request; `fault` says why, and whether a retry can help. */
  | 'ERR_REFUSED'
  /** An invalid argument for the list of threads; the message says what is allowed. */
  | 'ERR_THREAD'
  /** An invalid argument of a revocation; nothing was ended. */
  | 'ERR_REVOCATION'
  /** Used after it was closed. */
  | 'ERR_CLOSED';

interface ServerErrorOptions {
  readonly cause?: unknown;
  readonly fault?: Fault;
}

/** Thrown, or what a promise rejects with. `code` never changes; the message says what to do. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly code: ServerErrorCode;
  /** With ERR_REFUSED: the refusal as clients get it. */
  readonly fault: Fault | undefined;

  constructor(code: ServerErrorCode, message: string, options: ServerErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.fault = options.fault;
  }
}

/** The refusal of an option, an environment variable or a command line. */
export const configError = (message: string, options?: ServerErrorOptions): ServerError =>
  new ServerError('ERR_CONFIG', message, options);

/** @throws ServerError ERR_REFUSED for a refusal */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  const { fault } = result;
  throw new ServerError('ERR_REFUSED', `${fault.message} (${fault.code})`, { fault });
}

/** The error itself, or an error that wraps the thrown value. */
export const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));
