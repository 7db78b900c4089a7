/** What a server reads: `unknown` from the wire to a typed message or a coded fault. */

import type { Result } from '../faults.js';
import { LIMITS } from '../limits.js';
import type { Ping, RegisterSession, ThreadAck, ThreadResume } from '../messages.js';
import { clientInfo, epoch, threadId, token, userId } from './fields.js';
import { parseWith } from './parse-with.js';
import {
  either,
  finite,
  integer,
  object,
  oneOf,
  optional,
  type Reader,
  textUpTo,
} from './shape.js';

const CURSOR_LENGTH = 128;

const registerSession: Reader<RegisterSession> = object({
  protocol: oneOf(2),
  thread_id: threadId,
  user_id: optional(userId),
  session_id: optional(token),
  session_secret: optional(token),
  instance: token,
  attempt: integer(1),
  cursor: optional(textUpTo(CURSOR_LENGTH)),
  since: optional(
    either(oneOf('start', 'now'), integer(0), "'start', 'now' or an offset of at least 0"),
  ),
  token: optional(textUpTo(LIMITS.maxTokenLength)),
  client_info: optional(clientInfo),
});

const threadResume: Reader<ThreadResume> = object({
  session_id: token,
  cursor: textUpTo(CURSOR_LENGTH),
});

const position = { session_id: token, generation: integer(1), epoch, offset: integer(0) };

const threadAck: Reader<ThreadAck> = object(position);

const ping: Reader<Ping> = object({
  ...position,
  rtt_ms: optional(finite),
  client_info: optional(clientInfo),
});

export const parseRegisterSession = (value: unknown): Result<RegisterSession> =>
  parseWith(registerSession, value);
export const parseThreadResume = (value: unknown): Result<ThreadResume> =>
  parseWith(threadResume, value);
export const parseThreadAck = (value: unknown): Result<ThreadAck> => parseWith(threadAck, value);
export const parsePing = (value: unknown): Result<Ping> => parseWith(ping, value);
