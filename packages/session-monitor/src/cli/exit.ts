/** How the command ends when something is wrong. */

import { ServerError } from '@session-monitor/server';
import { asError } from '@session-monitor/server/internal';

export const EXIT_FAILURE = 1;
/** A wrong flag, a setting that makes no sense. */
export const EXIT_USAGE = 2;

/** Says what is wrong, in one line if it was expected, and ends the process. */
export function fail(thrown: unknown): never {
  const error = asError(thrown);
  const expected = error instanceof ServerError;
  process.stderr.write(`${expected ? error.message : error.stack}\n`);
  process.exit(expected && error.code === 'ERR_CONFIG' ? EXIT_USAGE : EXIT_FAILURE);
}
