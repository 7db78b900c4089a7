/** What the kit throws for misuse, and for a wait in vain. */

export type TestingErrorCode =
  /** A thread, an event, an offset or an option that cannot be. */
  | 'ERR_BAD_ARGUMENT'
  /** The fake server was closed before. */
  | 'ERR_CLOSED'
  /** The order has no session or frame to act on, so the test would show nothing. */
  | 'ERR_NO_TARGET'
  /** What was waited for did not come; the message says what is missing. */
  | 'ERR_IN_VAIN';

/** Thrown for misuse of the fake server. */
export class TestingError extends Error {
  override readonly name = 'TestingError';
  readonly code: TestingErrorCode;

  constructor(code: TestingErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
