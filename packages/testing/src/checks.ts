/** Checks what a test asks of the kit: a mistake in a test fails where it was made. */

import {
  EVENT_NAME_PATTERN,
  isReservedEvent,
  isRunBoundary,
  THREAD_ID_PATTERN,
} from '@session-monitor/protocol';
import { TestingError } from './errors.js';

export const badArgument = (message: string): TestingError =>
  new TestingError('ERR_BAD_ARGUMENT', message);

/** @throws TestingError ERR_BAD_ARGUMENT */
export function checkThread(thread_id: string): void {
  if (typeof thread_id === 'string' && THREAD_ID_PATTERN.test(thread_id)) return;
  throw badArgument(
    `The thread is ${JSON.stringify(thread_id)}. Allowed: 1 to 128 letters, digits, underscores, dots, colons or hyphens.`,
  );
}

/** @throws TestingError ERR_BAD_ARGUMENT */
export function checkEventName(event: string): void {
  const isName = typeof event === 'string' && EVENT_NAME_PATTERN.test(event);
  if (isName && !isReservedEvent(event) && !isRunBoundary(event)) return;
  throw badArgument(
    `The event is ${JSON.stringify(event)}. Allowed: 1 to 64 letters, digits, underscores, dots, colons or hyphens, and no name of Socket.IO or of the protocol; a reply begins and ends by itself.`,
  );
}

/**
 * A time that travels: the wire knows whole milliseconds only.
 *
 * @throws TestingError ERR_BAD_ARGUMENT
 */
export function checkMs(name: string, ms: number): void {
  if (Number.isSafeInteger(ms) && ms >= 0) return;
  throw badArgument(`${name} is ${String(ms)}. Allowed: whole milliseconds, at least 0.`);
}

/** The size of a text in UTF-8. Not by a TextEncoder: jest's jsdom has none. */
export const bytesOf = (text: string): number => new Blob([text]).size;
