/** What a server reads: `unknown` from the wire to a typed message or a coded fault. */

import type { Result } from '../faults.js';
import { LIMITS } from '../limits.js';
import type {
  LeaveSession,
  Ping,
  RegisterSession,
  ThreadAck,
  ThreadResume,
  ThreadSend,
} from '../messages.js';
import { isRunEvent } from '../names.js';
import {
  clientInfo,
  cursor,
  epoch,
  messageId,
  publishable,
  threadId,
  token,
  userId,
} from './fields.js';
import { parseWith } from './parse-with.js';
import {
  either,
  finite,
  integer,
  json,
  object,
  oneOf,
  optional,
  type Parser,
  textUpTo,
} from './shape.js';

const registerSession: Parser<RegisterSession> = object({
  protocol: oneOf(2),
  thread_id: threadId,
  user_id: optional(userId),
  session_id: optional(token),
  session_secret: optional(token),
  instance: token,
  attempt: integer(1),
  cursor: optional(cursor),
  since: optional(
    either(oneOf('start', 'now'), integer(0), "'start', 'now' or an offset of at least 0"),
  ),
  token: optional(textUpTo(LIMITS.maxTokenLength)),
  client_info: optional(clientInfo),
});

const threadResume: Parser<ThreadResume> = object({
  session_id: token,
  cursor,
});

const leaveSession: Parser<LeaveSession> = object({ session_id: token, generation: integer(1) });

const position = { session_id: token, generation: integer(1), epoch, offset: integer(0) };

const threadAck: Parser<ThreadAck> = object(position);

const ping: Parser<Ping> = object({
  ...position,
  rtt_ms: optional(finite),
  client_info: optional(clientInfo),
});

const threadSend: Parser<ThreadSend> = object({
  session_id: token,
  message_id: messageId,
  event: publishable(isRunEvent),
  data: json(LIMITS.maxEventDepth),
  ephemeral: optional(oneOf(true)),
});

export const parseThreadSend = (value: unknown): Result<ThreadSend> => parseWith(threadSend, value);
export const parseRegisterSession = (value: unknown): Result<RegisterSession> =>
  parseWith(registerSession, value);
export const parseLeaveSession = (value: unknown): Result<LeaveSession> =>
  parseWith(leaveSession, value);
export const parseThreadResume = (value: unknown): Result<ThreadResume> =>
  parseWith(threadResume, value);
export const parseThreadAck = (value: unknown): Result<ThreadAck> => parseWith(threadAck, value);
export const parsePing = (value: unknown): Result<Ping> => parseWith(ping, value);
