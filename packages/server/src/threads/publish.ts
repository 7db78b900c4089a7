/** Publishing: check, encode once, append, and tell only after the store has confirmed (I1). */

import {
  EVENT_NAME_PATTERN,
  isReservedEvent,
  isRunBoundary,
  LIMITS,
  MESSAGE_ID_PATTERN,
  THREAD_ID_PATTERN,
} from '@session-monitor/protocol';
import { ServerError } from '../errors.js';
import type { AppendOptions, AppendOutcome, LogStore } from '../stores/store.js';

export interface PublishOptions {
  /** Publish at most once under this name; repeated, it resolves with the first one's offset (I8). */
  readonly message_id?: string;
}

/**
 * Appends an application's event and resolves with its offset once it is durable.
 *
 * @throws ServerError ERR_PUBLISH (bad name or data; nothing was written), ERR_PUBLISH_UNKNOWN (ask
 *   again with the same message_id), ERR_STORE_FAILED
 */
export async function publish(
  logs: LogStore,
  thread_id: string,
  event: string,
  data: unknown,
  { message_id }: PublishOptions = {},
): Promise<number> {
  requireThreadId(thread_id);
  if (message_id !== undefined) requireMatch('message_id', message_id, MESSAGE_ID_PATTERN);
  if (isRunBoundary(event)) throw reserved(event, 'marks the start or the end of a run');
  const encoded = encodeEvent(event, data);
  const outcome = await logs.append(thread_id, [encoded], message_id ? { message_id } : {});
  return offsetOf(outcome);
}

/** An event as it is stored and sent, for ever: `["name",data]`. */
export function encodeEvent(event: string, data: unknown): Buffer {
  requireMatch('event', event, EVENT_NAME_PATTERN);
  if (isReservedEvent(event)) throw reserved(event, 'belongs to Socket.IO or to the protocol');
  const encoded = Buffer.from(stringify(event, data), 'utf8');
  if (encoded.length > LIMITS.maxEventBytes) {
    throw new ServerError(
      'ERR_PUBLISH',
      `The event '${event}' has ${encoded.length} bytes, more than ${LIMITS.maxEventBytes}. ` +
        'Publish it in parts, or publish a link to it.',
    );
  }
  return encoded;
}

/** Appends the parts of a run. Resolves with whether the run's fence let them through. */
export async function appendFenced(
  logs: LogStore,
  log_id: string,
  events: readonly Buffer[],
  options: Required<Pick<AppendOptions, 'fence'>>,
): Promise<boolean> {
  const outcome = await logs.append(log_id, events, options);
  if (outcome.outcome === 'fenced') return false;
  offsetOf(outcome);
  return true;
}

function offsetOf(outcome: AppendOutcome): number {
  switch (outcome.outcome) {
    case 'appended':
    case 'duplicate':
      return outcome.first;
    case 'fenced':
      throw new TypeError('An append without a fence cannot be fenced');
    case 'unknown':
      throw new ServerError(
        'ERR_PUBLISH_UNKNOWN',
        'The store does not know whether the event was written. Publish it again with the same message_id.',
        { cause: outcome.cause },
      );
  }
}

function stringify(event: string, data: unknown): string {
  try {
    // What JSON has no word for (undefined, a function) becomes null, as in any array.
    return JSON.stringify([event, data]);
  } catch (cause) {
    const message = `The data of event '${event}' is not JSON: ${String(cause)}`;
    throw new ServerError('ERR_PUBLISH', message, { cause });
  }
}

/** @throws ServerError ERR_PUBLISH */
export const requireThreadId = (thread_id: unknown): void =>
  requireMatch('thread_id', thread_id, THREAD_ID_PATTERN);

/** A name that is no string would pass the pattern as its text, and poison the log. */
function requireMatch(name: string, value: unknown, pattern: RegExp): void {
  if (typeof value === 'string' && pattern.test(value)) return;
  const shown = typeof value === 'string' ? JSON.stringify(value) : `a ${typeof value}`;
  throw new ServerError('ERR_PUBLISH', `${name} is ${shown}. Allowed: a string like ${pattern}.`);
}

const reserved = (event: string, why: string): ServerError =>
  new ServerError('ERR_PUBLISH', `The event name '${event}' ${why}. Choose another name.`);
