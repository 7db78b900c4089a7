/** What a server reads over HTTP. */

import { ok, type Result } from '../faults.js';
import { LIMITS, REPORT_LIMITS } from '../limits.js';
import type { Json } from '../messages.js';
import { isRunBoundary } from '../names.js';
import { messageId, publishable, threadId, token, userId } from './fields.js';
import { parseWith } from './parse-with.js';
import {
  anyJson,
  boolean,
  jsonFields,
  object,
  oneOf,
  optional,
  ParseError,
  type Parser,
  text,
  textUpTo,
} from './shape.js';

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

/** The last alternative is the form of a cursor. Only the server that made a cursor can verify it. */
const SINCE_PATTERN = /^(start|now|\d{1,15}|[\w-]+\.\d+\.[\w-]+)$/;

const inputText = textUpTo(LIMITS.maxUserInputLength);

const postMessage = object({
  user_input: (value: unknown, path: string) =>
    typeof value === 'string' && value.trim() === ''
      ? new ParseError(path, 'a text that is not empty', '')
      : inputText(value, path),
  thread_id: threadId,
  user_id: optional(userId),
  use_websocket: optional(boolean),
  message_id: optional(messageId),
  policy: optional(oneOf('queue', 'reject', 'cancel_previous')),
});

export const parsePostMessage = (value: unknown): Result<PostMessage> =>
  parseWith(postMessage, value);

const postQuestion: Parser<Pick<PostMessage, 'thread_id' | 'user_id'>> = object({
  thread_id: threadId,
  user_id: optional(userId),
});

/** What `authorize` is asked about, before the rest of a message is parsed. */
export const parsePostQuestion = (
  value: unknown,
): Result<Pick<PostMessage, 'thread_id' | 'user_id'>> => parseWith(postQuestion, value);

/** The body of `POST /threads/:thread_id/events`. */
export interface PublishMessage {
  readonly event: string;
  readonly data: Json;
  /** The user that the sender claims to be. */
  readonly user_id?: string;
  /** The sender's name for this event: however often it is posted, it is published once (I8). */
  readonly message_id?: string;
}

const event = publishable(isRunBoundary);

const publishMessage: Parser<PublishMessage> = object({
  event,
  // The body was parsed from JSON, so any value is JSON.
  data: anyJson,
  user_id: optional(userId),
  message_id: optional(messageId),
});

export const parsePublishMessage = (value: unknown): Result<PublishMessage> =>
  parseWith(publishMessage, value);

const publishQuestion: Parser<Pick<PublishMessage, 'event' | 'user_id'>> = object({
  event,
  user_id: optional(userId),
});

/** What `authorize` is asked about, before the rest of an event is parsed. */
export const parsePublishQuestion = (
  value: unknown,
): Result<Pick<PublishMessage, 'event' | 'user_id'>> => parseWith(publishQuestion, value);

/** Whose rights end: everything of a user, everything on a thread, or one session. The body of `POST /revocations`. */
export type Revocation =
  | { readonly user_id: string }
  | { readonly thread_id: string }
  | { readonly session_id: string };

const subjectFields = object({
  user_id: optional(userId),
  thread_id: optional(threadId),
  session_id: optional(token),
});

/** One user, one thread or one session. */
const subject: Parser<Revocation> = (value, path) => {
  const fields = subjectFields(value, path);
  if (fields instanceof ParseError) return fields;
  return Object.keys(fields).length === 1
    ? (fields as Revocation)
    : new ParseError(path, "an object with one of 'user_id', 'thread_id' and 'session_id'", value);
};

export const parseRevocation = (value: unknown): Result<Revocation> => parseWith(subject, value);

/** What is traced in detail, and for how long from now. The body of `POST /debug/detail`. */
export type TraceDetail = Revocation & { readonly minutes: number };

const MAX_DETAIL_MINUTES = 60;

const minutes: Parser<number> = (value, path) =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_DETAIL_MINUTES
    ? Number(value)
    : new ParseError(path, `a whole number from 1 to ${MAX_DETAIL_MINUTES}`, value);

const duration = object({ minutes });

const traceDetail: Parser<TraceDetail> = (value, path) => {
  const about = subject(value, path);
  if (about instanceof ParseError) return about;
  const given = duration(value, path);
  return given instanceof ParseError ? given : { ...about, ...given };
};

export const parseTraceDetail = (value: unknown): Result<TraceDetail> =>
  parseWith(traceDetail, value);

export const OPERATOR_ACTIONS = [
  'ping',
  'disconnect',
  'expire',
  'cancel',
  'erase',
  'detail',
] as const;

/** What an operator does to a session, a reply, a thread, or to what is traced. The body of `POST /debug/actions`. */
export type OperatorAction =
  | { readonly action: 'ping' | 'disconnect' | 'expire'; readonly session_id: string }
  | { readonly action: 'cancel'; readonly thread_id: string; readonly run_id: string }
  | { readonly action: 'erase'; readonly thread_id: string }
  | ({ readonly action: 'detail' } & TraceDetail);

/** An id of a session or a run: in v1 the id of a socket. */
const anyId = text(/^[\w-]{1,64}$/, '1 to 64 letters, digits, underscores or hyphens');
const onSession = object({ action: oneOf('ping', 'disconnect', 'expire'), session_id: anyId });
const onRun = object({ action: oneOf('cancel'), thread_id: threadId, run_id: anyId });
const onThread = object({ action: oneOf('erase'), thread_id: threadId });
const anyAction = object({ action: oneOf(...OPERATOR_ACTIONS) });

const operatorAction: Parser<OperatorAction> = (value, path) => {
  const named = anyAction(value, path);
  if (named instanceof ParseError) return named;
  switch (named.action) {
    case 'cancel':
      return onRun(value, path);
    case 'erase':
      return onThread(value, path);
    case 'detail': {
      const detail = traceDetail(value, path);
      return detail instanceof ParseError ? detail : { action: 'detail', ...detail };
    }
    default:
      return onSession(value, path);
  }
};

export const parseOperatorAction = (value: unknown): Result<OperatorAction> =>
  parseWith(operatorAction, value);

/** What a trace is about, as a path or a query names it. */
export const parseTraceSubject = (value: unknown): Result<Revocation> => parseWith(subject, value);

/** The body of `POST /sessions/:session_id/report`. */
export interface ClientReport {
  /** In the words of the user. */
  readonly note?: string;
  /** What the client knows of itself: for display only, not to be trusted. */
  readonly diagnostics: { readonly [key: string]: Json };
  /** Whether the server has asked for it. */
  readonly requested?: boolean;
}

const clientReport: Parser<ClientReport> = object({
  note: optional(textUpTo(REPORT_LIMITS.maxNoteLength)),
  diagnostics: jsonFields,
  requested: optional(boolean),
});

export const parseClientReport = (value: unknown): Result<ClientReport> =>
  parseWith(clientReport, value);

/** A session's id, as a path has it. */
export const parseSessionId = (value: unknown): Result<string> => {
  const parsed = parseWith(object({ session_id: token }), { session_id: value });
  return parsed.ok ? ok(parsed.value.session_id) : parsed;
};

/** The query of `GET /threads/:thread_id/events`. */
export interface EventsQuery {
  /** Where to begin: `start`, `now`, an offset, or a cursor. */
  readonly since?: string;
  /** How many events a page holds. */
  readonly limit?: string;
  /** A stream as the frames of the socket protocol, in place of one event each. */
  readonly as?: 'frames';
}

const eventsQuery: Parser<EventsQuery> = object({
  since: optional(text(SINCE_PATTERN, "'start', 'now', an offset or a cursor")),
  limit: optional(text(/^[1-9]\d{0,3}$/, 'a whole number from 1 to 9999')),
  as: optional(oneOf('frames')),
});

export const parseEventsQuery = (value: unknown): Result<EventsQuery> =>
  parseWith(eventsQuery, value);

/** A thread's name in a path. */
export const parseThreadId = (value: unknown): Result<string> => {
  const parsed = parseWith(object({ thread_id: threadId }), { thread_id: value });
  return parsed.ok ? ok(parsed.value.thread_id) : parsed;
};
