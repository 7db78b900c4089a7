/**
 * Errors that the server throws: misuse, and what cannot go on. Expected failures are values (see
 * `Fault`). A code is stable; the message says what to do.
 */

import type { Fault, Result } from '@session-monitor/protocol';

export type ServerErrorCode =
  /** An option or environment variable that makes no sense. */
  | 'ERR_CONFIG'
  /** A package that is needed is not installed; the message says which. */
  | 'ERR_PEER_MISSING'
  /** What sessions are attached to is no Socket.IO 4 server, or has sessions already. */
  | 'ERR_SOCKET_IO'
  /** The data directory is in use by another process. */
  | 'ERR_STORE_IN_USE'
  /** The data directory holds something that is not ours. */
  | 'ERR_STORE_FOREIGN'
  /** The data directory was written by another format version. */
  | 'ERR_STORE_FORMAT'
  /** The data directory cannot be read or written. */
  | 'ERR_STORE_ACCESS'
  /** The stored data fails its checks. */
  | 'ERR_STORE_CORRUPT'
  /** A backup could not be made; the data directory is as it was. */
  | 'ERR_BACKUP'
  /** A write failed; the store takes no more. */
  | 'ERR_STORE_FAILED'
  /** The store does not answer at the moment. What was asked was not done, or may be asked again. */
  | 'ERR_STORE_UNAVAILABLE'
  /** A publish that cannot be taken: bad name, bad data, too large. */
  | 'ERR_PUBLISH'
  /** The store does not know whether a publish was written. Repeat it with the same message_id. */
  | 'ERR_PUBLISH_UNKNOWN'
  /** A message or a name that makes no sense; nothing was done. */
  | 'ERR_BAD_MESSAGE'
  /** The sessions refuse what was asked; `fault` says why, and whether trying again can help. */
  | 'ERR_REFUSED'
  /** An argument for the list of threads is not allowed; the message says what is. */
  | 'ERR_THREAD'
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

/** @throws ServerError ERR_REFUSED for a refusal */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  const { fault } = result;
  throw new ServerError('ERR_REFUSED', `${fault.message} (${fault.code})`, { fault });
}

/** The error itself, or one that wraps whatever was thrown. */
export const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));
