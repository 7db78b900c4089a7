/** What a server reads over HTTP. */

import type { Result } from '../faults.js';
import { LIMITS } from '../limits.js';
import { messageId, threadId, userId } from './fields.js';
import { parseWith } from './parse-with.js';
import { boolean, Mismatch, object, optional, textUpTo } from './shape.js';

/** The body of `POST /havefun`. */
export interface PostMessage {
  readonly user_input: string;
  readonly thread_id: string;
  readonly user_id?: string;
  readonly use_websocket?: boolean;
  readonly message_id?: string;
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
});

export const parsePostMessage = (value: unknown): Result<PostMessage> =>
  parseWith(postMessage, value);
