/**
 * Errors that the client throws: misuse, and the failure of a message that the app awaits. Events report what the
 * network or the server does to the following of a thread.
 */

export type MonitorErrorCode =
  /** `new SessionMonitor(x)`: x is not a Socket.IO client socket. */
  | 'ERR_NOT_A_SOCKET'
  /** An option that makes no sense. */
  | 'ERR_BAD_OPTION'
  /** `start()` without a thread to follow. */
  | 'ERR_NO_THREAD_ID'
  /** A thread_id outside its pattern. */
  | 'ERR_BAD_THREAD_ID'
  /** `sendMessage` was given something that is no message. */
  | 'ERR_BAD_MESSAGE'
  /** A message that was not sent: too many wait, or one of this name is on its way. */
  | 'ERR_NOT_SENT'
  /** The server has refused a message, or to cancel a run, for good. */
  | 'ERR_REFUSED'
  /** The server has no HTTP routes, which `sendMessage` and `cancel` need; the message says how to mount them. */
  | 'ERR_NO_HTTP'
  /** `report` before the first session, or on a backend that speaks v1: nothing says which session it is of. */
  | 'ERR_NO_SESSION'
  /** The server does not answer. */
  | 'ERR_NO_ANSWER';

/** Thrown, or what a promise rejects with: misuse, and messages that were not taken. `code` never changes. */
export class SessionMonitorError extends Error {
  override readonly name = 'SessionMonitorError';
  readonly code: MonitorErrorCode;

  constructor(code: MonitorErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
