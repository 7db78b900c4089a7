/** What a server reads over HTTP. */

import { ok, type Result } from '../faults.js';
import { LIMITS } from '../limits.js';
import { messageId, threadId, userId } from './fields.js';
import { parseWith } from './parse-with.js';
import { boolean, Mismatch, object, oneOf, optional, textUpTo } from './shape.js';

/** The body of `POST /havefun`. */
export interface PostMessage {
  readonly user_input: string;
  readonly thread_id: string;
  readonly user_id?: string;
  readonly use_websocket?: boolean;
  /** The sender's name for this question: however often it is posted, it starts one run (I8). */
  readonly message_id?: string;
  /** What becomes of the replies that are being produced on the thread. Default: `queue`. */
  readonly policy?: 'queue' | 'reject' | 'cancel_previous';
}

const inputText = textUpTo(LIMITS.maxUserInputLength);

const postMessage = object({
  user_input: (value: unknown, path: string) =>
    typeof value === 'string' && value.trim() === ''
      ? new Mismatch(path, 'a text that is not empty', '')
      : inputText(value, path),
  thread_id: threadId,
  user_id: optional(userId),
  use_websocket: optional(boolean),
  message_id: optional(messageId),
  policy: optional(oneOf('queue', 'reject', 'cancel_previous')),
});

export const parsePostMessage = (value: unknown): Result<PostMessage> =>
  parseWith(postMessage, value);

/** A thread's name in a path. */
export const parseThreadId = (value: unknown): Result<string> => {
  const parsed = parseWith(object({ thread_id: threadId }), { thread_id: value });
  return parsed.ok ? ok(parsed.value.thread_id) : parsed;
};
