/** Readers for the fields that several messages share. */

import {
  EVENT_NAME_PATTERN,
  LIMITS,
  MESSAGE_ID_PATTERN,
  THREAD_ID_PATTERN,
  TOKEN_PATTERN,
} from '../limits.js';
import { isReservedEvent } from '../names.js';
import { jsonObject, ParseError, type Parser, text, textUpTo } from './shape.js';

export const threadId = text(
  THREAD_ID_PATTERN,
  '1 to 128 letters, digits, underscores, dots, colons or hyphens',
);
export const token = text(TOKEN_PATTERN, '16 to 64 base64url characters');
export const epoch = text(/^[\w-]{1,32}$/, 'an epoch');
export const messageId = text(MESSAGE_ID_PATTERN, '1 to 128 printable ASCII characters, no spaces');
export const userId = textUpTo(LIMITS.maxUserIdLength);
export const clientInfo = jsonObject(LIMITS.maxClientInfoLength, LIMITS.maxClientInfoDepth);
export const cursor = textUpTo(LIMITS.maxCursorLength);

const eventName = text(
  EVENT_NAME_PATTERN,
  '1 to 64 letters, digits, underscores, dots, colons or hyphens',
);

/** The name of an event that an app or a client publishes, not the server itself. */
export const publishable =
  (isForbidden: (event: string) => boolean): Parser<string> =>
  (value, path) =>
    typeof value === 'string' && (isReservedEvent(value) || isForbidden(value))
      ? new ParseError(path, "a name that is not Socket.IO's, the protocol's or a run's", value)
      : eventName(value, path);
