import { type Fault, fault } from '@session-monitor/protocol';
import type { Logger } from '../observe/trace.js';
import { asError, ServerError } from '../util/errors.js';

export const unavailableFault: Fault = fault(
  'unavailable',
  'The store cannot answer at the moment. Try again.',
);

/** The refusal of a request that the store has refused (`storage_full`), or failed; then it logs why. */
export function storeFault(logger: Logger, error: unknown, what?: string): Fault {
  // The store counts these, and one line a minute tells of them.
  if (error instanceof ServerError && error.fault) return error.fault;
  const err = asError(error);
  logger.error(what === undefined ? { err } : { err, what }, 'The store cannot answer');
  return unavailableFault;
}
