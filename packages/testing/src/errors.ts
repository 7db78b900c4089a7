/** What the kit throws when it is used wrongly, or waited for in vain. */

export type TestingErrorCode =
  /** A thread, an event, an offset or an option that cannot be. */
  | 'ERR_BAD_ARGUMENT'
  /** The fake server was closed before. */
  | 'ERR_CLOSED'
  /** Nobody is there that an order could be about, or no frame: what it should show would not be shown. */
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
