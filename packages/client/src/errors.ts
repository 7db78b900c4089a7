/** Errors that the client throws: misuse only. What the network or the server does is told by events. */

export type MonitorErrorCode =
  /** `new SessionMonitor(x)`: x is not a Socket.IO client socket. */
  | 'ERR_NOT_A_SOCKET'
  /** An option that makes no sense. */
  | 'ERR_BAD_OPTION'
  /** `start()` without a thread to follow. */
  | 'ERR_NO_THREAD_ID'
  /** A thread_id outside its pattern. */
  | 'ERR_BAD_THREAD_ID';

export class SessionMonitorError extends Error {
  override readonly name = 'SessionMonitorError';
  readonly code: MonitorErrorCode;

  constructor(code: MonitorErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
