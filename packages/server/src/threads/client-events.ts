/**
 * Events that clients publish: over a socket (`thread_send`) and over HTTP. A client repeats an event until it is answered,
 * on another connection, by another transport, after a reload: its message id tells the server that it is the same
 * event (I8). Message ids of different users have nothing to do with each other.
 */

import { createHash } from 'node:crypto';
import { type Fault, fault, LIMITS, ok, type Result, refused } from '@session-monitor/protocol';
import { reusedFault } from '@session-monitor/protocol/rules';
import type { AppendOutcome, LogStore } from '../stores/store.js';
import { ServerError } from '../util/errors.js';
import { type EventLimits, encodeEvent, offsetOf } from './publish.js';

/** An event as a parser has read it. */
export interface ClientEvent {
  readonly thread_id: string;
  readonly event: string;
  readonly data: unknown;
  readonly message_id?: string | undefined;
  /** The user that `authorize` names; null for none. */
  readonly owner: string | null;
}

/** The span of a publish. */
interface PublishSpan {
  /** What the append tells the followers of the log. */
  readonly mark: string | undefined;
  /** Calls `begin`, and ends the span when what it begins has ended. */
  publish(begin: () => Promise<Result<BegunPublish>>): Promise<Result<BegunPublish>>;
}

interface ClientEventOptions {
  /** Of the encoded event. */
  readonly maxBytes?: number;
  readonly admit?: (bytes: number) => Fault | undefined;
  /** Absent while nothing is traced. */
  readonly span?: PublishSpan | undefined;
}

/**
 * Appends a client's event and resolves with its offset once it is durable; with that of the first one, if it is repeated.
 * Refuses `too_large`, and `message_id_reused` for another event under a known message id.
 *
 * Rejects with ServerError ERR_PUBLISH_UNKNOWN (ask again with the same message id), ERR_STORE_FAILED.
 *
 * @param options.admit returns the refusal of an event of so many bytes, once it is encoded
 */
export async function publishFromClient(
  logs: LogStore,
  event: ClientEvent,
  options: ClientEventOptions = {},
): Promise<Result<number>> {
  const begun = await beginPublish(logs, event, options);
  return begun.ok ? begun.value.published : begun;
}

/** An event whose place in the log is taken: one that is begun later comes after it. */
export interface BegunPublish {
  /** As `publishFromClient` resolves and rejects. */
  readonly published: Promise<Result<number>>;
}

/** The same, but resolves once the append is requested. The caller handles a rejection of `published` at once. */
export function beginPublish(
  logs: LogStore,
  event: ClientEvent,
  options: ClientEventOptions = {},
): Promise<Result<BegunPublish>> {
  const begin = () => requestAppend(logs, event, options);
  return options.span ? options.span.publish(begin) : begin();
}

async function requestAppend(
  logs: LogStore,
  { thread_id, event, data, message_id, owner }: ClientEvent,
  { maxBytes = LIMITS.maxEventBytes, admit, span }: ClientEventOptions,
): Promise<Result<BegunPublish>> {
  const mark = span?.mark;
  const encoded = encode(event, data, { maxBytes, maxDepth: LIMITS.maxEventDepth });
  if (!encoded.ok) return encoded;
  const text = encoded.value;
  const refusal = admit?.(Buffer.byteLength(text));
  if (refusal) return refused(refusal);
  const touch = owner === null ? {} : { user_id: owner };
  if (message_id === undefined) {
    const appended = logs.append(thread_id, [text], { touch, mark });
    return ok({ published: appended.then((outcome) => ok(offsetOf(outcome))) });
  }
  if (owner !== null) {
    const first = await offsetOfEarlier(logs, thread_id, message_id, text);
    if (first !== undefined) return ok({ published: Promise.resolve(ok(first)) });
  }
  // A caller without a name shares the message ids of all such callers, and of programs.
  const id = owner === null ? message_id : idOf(owner, message_id);
  const appended = logs.append(thread_id, [text], { message_id: id, touch, mark });
  return ok({ published: offsetOfSame(logs, thread_id, text, appended) });
}

/** The offset of an append; refuses another event under a known message id. */
async function offsetOfSame(
  logs: LogStore,
  thread_id: string,
  text: string,
  appended: Promise<AppendOutcome>,
): Promise<Result<number>> {
  const outcome = await appended;
  const offset = offsetOf(outcome);
  const isOther = outcome.outcome === 'duplicate' && !(await holds(logs, thread_id, outcome, text));
  return isOther ? refused(reusedFault) : ok(offset);
}

function encode(event: string, data: unknown, limits: EventLimits): Result<string> {
  try {
    return ok(encodeEvent(event, data, limits));
  } catch (error) {
    // Its name is a good one, and it was JSON: only its size and its depth are left.
    if (error instanceof ServerError && error.code === 'ERR_PUBLISH') {
      return refused(fault('too_large', error.message, { field: 'data' }));
    }
    throw error;
  }
}

/** 128 bits. */
const DIGEST_LENGTH = 22;

/** The message id under which a user's event is stored. No message id of a client or a program has this form. */
const idOf = (owner: string, message_id: string): string =>
  `·${createHash('sha256')
    .update(JSON.stringify([owner, message_id]))
    .digest('base64url')
    .slice(0, DIGEST_LENGTH)}`;

/** No run has this fence. An append behind it writes nothing, and finds out whether its message id is known. */
const CLOSED_FENCE = { run_id: '-', token: 0 } as const;

/**
 * The offset of the same event, if an earlier version has stored it: it did not tell the message ids of users apart. A
 * client may repeat an event to the server of this version that it has sent to one of that.
 */
async function offsetOfEarlier(
  logs: LogStore,
  thread_id: string,
  message_id: string,
  text: string,
): Promise<number | undefined> {
  const outcome = await logs.append(thread_id, [text], { message_id, fence: CLOSED_FENCE });
  if (outcome.outcome === 'fenced') return undefined;
  const offset = offsetOf(outcome);
  const isSame = outcome.outcome === 'duplicate' && (await holds(logs, thread_id, outcome, text));
  return isSame ? offset : undefined;
}

/** Whether a log holds this event at the offset of a duplicate. One that is gone cannot be compared, and counts as the same. */
async function holds(
  logs: LogStore,
  thread_id: string,
  { epoch, first }: Extract<AppendOutcome, { outcome: 'duplicate' }>,
  text: string,
): Promise<boolean> {
  const { head, batches } = await logs.read(thread_id, first - 1, { maxBytes: 1 });
  const batch = batches.find((each) => each.first <= first && first <= each.last);
  return head.epoch !== epoch || !batch || batch.text(first, first) === text;
}
