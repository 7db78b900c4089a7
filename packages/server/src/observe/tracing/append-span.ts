/** The span of an append, below that of what is appended. */

import { ServerError } from '../../util/errors.js';
import type { SpanName } from './names.js';
import type { AttributesOf, TimedSpan } from './timed-span.js';

/** Appends within a span, if the one above it is recorded. */
export function appendWithin<T>(
  above: TimedSpan<SpanName>,
  ids: AttributesOf<'session_monitor.append'>,
  append: () => Promise<T>,
): Promise<T> {
  return above.isRecording ? trace(above.child('session_monitor.append', ids), append) : append();
}

async function trace<T>(
  span: TimedSpan<'session_monitor.append'>,
  append: () => Promise<T>,
): Promise<T> {
  try {
    return await append();
  } catch (error) {
    span.fail(codeOf(error));
    throw error;
  } finally {
    span.end();
  }
}

/** The code of an error. Its message may hold anything, so no span has it. */
export const codeOf = (error: unknown): string =>
  error instanceof ServerError ? (error.fault?.code ?? error.code) : 'internal';
