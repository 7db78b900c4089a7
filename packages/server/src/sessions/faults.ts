import { type Fault, fault } from '@session-monitor/protocol';
import type { Logger } from '../observe/trace.js';
import { asError } from '../util/errors.js';

export const unavailableFault: Fault = fault(
  'unavailable',
  'The store cannot answer at the moment. Try again.',
);

/** The refusal of a request that the store has failed; logs why. */
export function storeFault(logger: Logger, error: unknown, what?: string): Fault {
  const err = asError(error);
  logger.error(what === undefined ? { err } : { err, what }, 'The store cannot answer');
  return unavailableFault;
}
