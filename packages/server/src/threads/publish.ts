/** Publishing: check, encode once, append. Readers get an event only after the store has confirmed it (I1). */

import {
  EVENT_NAME_PATTERN,
  excessiveBytes,
  isReservedEvent,
  isRunBoundary,
  LIMITS,
  MESSAGE_ID_PATTERN,
  THREAD_ID_PATTERN,
} from '@session-monitor/protocol';
import { isNestedDeeper } from '@session-monitor/protocol/rules';
import type { AppendOptions, AppendOutcome, LogStore } from '../stores/store.js';
import { ServerError } from '../util/errors.js';

/** How an event is named and attributed. */
export interface PublishOptions {
  /** Publish at most once under this name; repeated, it resolves with the first one's offset (I8). */
  readonly message_id?: string;
  /**
   * The user who publishes. Enters the thread in the list of threads and owns it if it has no owner. Null enters it
   * without an owner. If left out, the list does not change.
   */
  readonly user_id?: string | null;
}

/**
 * Checks an ephemeral event, which goes to connected readers and is not appended.
 *
 * @throws ServerError ERR_PUBLISH
 */
export function checkEphemeral(thread_id: string, event: string, data: unknown): void {
  requireThreadId(thread_id);
  if (isRunBoundary(event)) throw reserved(event, 'marks the start or the end of a run');
  encodeEvent(event, data);
}

/**
 * Appends an application's event and resolves with its offset once it is durable.
 *
 * Rejects with ServerError ERR_PUBLISH (bad name or data; nothing was written), ERR_PUBLISH_UNKNOWN (ask
 * again with the same message_id), ERR_STORE_FAILED.
 */
export function publish(
  logs: LogStore,
  thread_id: string,
  event: string,
  data: unknown,
  options?: PublishOptions,
): Promise<number> {
  const message_id = options?.message_id;
  const user_id = options?.user_id;
  // Not `async`: this runs for every word of every reply, and another promise costs as much as an append.
  try {
    requireThreadId(thread_id);
    if (user_id != null && typeof user_id !== 'string') throw notAUser(user_id);
    if (message_id !== undefined) requireMatch('message_id', message_id, MESSAGE_ID_PATTERN);
    if (isRunBoundary(event)) throw reserved(event, 'marks the start or the end of a run');
    const encoded = encodeEvent(event, data);
    const appended =
      message_id === undefined && user_id === undefined
        ? logs.append(thread_id, [encoded])
        : logs.append(thread_id, [encoded], appendOptions(message_id, user_id));
    return appended.then(offsetOf);
  } catch (error) {
    return Promise.reject(error);
  }
}

const appendOptions = (
  message_id: string | undefined,
  user_id: string | null | undefined,
): AppendOptions => ({
  ...(message_id !== undefined && { message_id }),
  ...(user_id !== undefined && { touch: user_id === null ? {} : { user_id } }),
});

/** How large an encoded event may be, and how deep its data may be nested. */
export interface EventLimits {
  readonly maxBytes: number;
  readonly maxDepth: number;
}

const PROGRAM_LIMITS: EventLimits = {
  maxBytes: LIMITS.maxEventBytes,
  maxDepth: LIMITS.maxProgramEventDepth,
};

/**
 * Encodes an event as it is stored and sent: `["name",data]`. Stored logs fix this form.
 *
 * @throws ServerError ERR_PUBLISH
 */
export function encodeEvent(
  event: string,
  data: unknown,
  { maxBytes, maxDepth }: EventLimits = PROGRAM_LIMITS,
): string {
  const encoded = `${beginningOf(event)}${stringify(event, data)}]`;
  const bytes = excessiveBytes(encoded, Buffer.byteLength, maxBytes);
  if (bytes !== undefined) throw tooLarge(event, bytes, maxBytes);
  // By the text, because a look into the value would recurse. The event around the data is one level more.
  if (isNestedDeeper(encoded, maxDepth + 1)) throw tooDeep(event, maxDepth);
  return encoded;
}

/** Appends the parts of a run. Resolves with whether the run's fence let them through. */
export async function appendFenced(
  logs: LogStore,
  log_id: string,
  events: readonly string[],
  options: AppendOptions & Required<Pick<AppendOptions, 'fence'>>,
): Promise<boolean> {
  const outcome = await logs.append(log_id, events, options);
  if (outcome.outcome === 'fenced') return false;
  offsetOf(outcome);
  return true;
}

/**
 * Where an append without a fence is.
 *
 * @throws ServerError ERR_PUBLISH_UNKNOWN
 */
export function offsetOf(outcome: AppendOutcome): number {
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

/** An app has a handful of event names: each is checked once. */
const beginnings = new Map<string, string>();
const MAX_BEGINNINGS = 1_000;

/** `["name",` for a name that is allowed. */
function beginningOf(event: string): string {
  const known = beginnings.get(event);
  if (known !== undefined) return known;
  requireMatch('event', event, EVENT_NAME_PATTERN);
  if (isReservedEvent(event)) throw reserved(event, 'belongs to Socket.IO or to the protocol');
  const beginning = `["${event}",`;
  if (beginnings.size < MAX_BEGINNINGS) beginnings.set(event, beginning);
  return beginning;
}

function stringify(event: string, data: unknown): string {
  try {
    // What JSON has no word for (undefined, a function) becomes null, as in any array.
    return JSON.stringify(data) ?? 'null';
  } catch (cause) {
    // What the app's own code threw may hold anything, and the message may reach a client. The cause does not.
    const message = `The data of event '${event}' is not JSON: the error's cause says why.`;
    throw new ServerError('ERR_PUBLISH', message, { cause });
  }
}

const tooLarge = (event: string, bytes: number, maxBytes: number): ServerError =>
  new ServerError(
    'ERR_PUBLISH',
    `The event '${event}' has ${bytes} bytes, more than ${maxBytes}. ` +
      'Publish it in parts, or publish a link to it.',
  );

const tooDeep = (event: string, maxDepth: number): ServerError =>
  new ServerError(
    'ERR_PUBLISH',
    `The data of event '${event}' is nested more than ${maxDepth} deep. Publish it flatter, or as a text.`,
  );

/** @throws ServerError ERR_PUBLISH */
export const requireThreadId = (thread_id: unknown): void =>
  requireMatch('thread_id', thread_id, THREAD_ID_PATTERN);

/** A name that is no string would pass the pattern as its text, and poison the log. */
function requireMatch(name: string, value: unknown, pattern: RegExp): void {
  if (typeof value === 'string' && pattern.test(value)) return;
  const shown = typeof value === 'string' ? JSON.stringify(value) : `a ${typeof value}`;
  throw new ServerError('ERR_PUBLISH', `${name} is ${shown}. Allowed: a string like ${pattern}.`);
}

const notAUser = (user_id: unknown): ServerError =>
  new ServerError('ERR_PUBLISH', `user_id is a ${typeof user_id}. Allowed: a string, or null.`);

const reserved = (event: string, why: string): ServerError =>
  new ServerError('ERR_PUBLISH', `The event name '${event}' ${why}. Choose another name.`);
