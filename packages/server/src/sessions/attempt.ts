/** One piece of the clean-up. A failure must not stop the others: the piece is due again the next time. */

import type { Logger } from '../observe/trace.js';
import { asError } from '../util/errors.js';

/** Does the work. Resolves with undefined after a failure, which is in the log. */
export async function attempt<T>(
  logger: Pick<Logger, 'error'>,
  what: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    logger.error({ err: asError(error), what }, 'A clean-up failed; it is retried');
    return undefined;
  }
}
