/**
 * What a client reads. A server may have bugs, or be another implementation: the caller drops what
 * does not parse and reports it once. It never throws into the app.
 */

import type { Fault } from '../faults.js';
import { HTTP_PATH_PATTERN } from '../limits.js';
import type {
  Entry,
  Gap,
  LogHead,
  Pong,
  Receipt,
  Refusal,
  ReportRequest,
  Reset,
  ServerDraining,
  SessionExpired,
  SessionTakenOver,
  StreamPosition,
  ThreadEphemeral,
  ThreadEvents,
  ThreadSent,
  TokenExpiring,
} from '../messages.js';
import type { SystemPing } from '../v1/messages.js';
import {
  anyJson,
  boolean,
  integer,
  list,
  object,
  oneOf,
  optional,
  ParseError,
  type Parser,
  text,
  textUpTo,
} from './shape.js';

/** Display text and ids from the server; the bound only keeps malformed values small. */
export const short = textUpTo(1_024);
const transport = oneOf('polling', 'websocket', 'webtransport', 'sse');

const gap = object({ from: integer(1), to: integer(0), reason: short }) as Parser<Gap>;
const reset = object({ reason: short, from: integer(1) }) as Parser<Reset>;

const entry: Parser<Entry> = (value, path) =>
  Array.isArray(value) &&
  typeof value[0] === 'string' &&
  value.length >= 2 &&
  (value[2] === undefined || (Number.isSafeInteger(value[2]) && value[2] >= 1))
    ? (value as unknown as Entry)
    : new ParseError(path, '[event, data, span?]', value);

const threadEvents: Parser<ThreadEvents> = object({
  session_id: optional(short),
  thread_id: short,
  epoch: short,
  offset: integer(1),
  cursor: short,
  events: list(entry),
  ack: optional(oneOf(true)),
  gap: optional(gap),
  reset: optional(reset),
});

const window = object({ events: integer(1), bytes: integer(1) });

const receipt = object({
  ok: oneOf(true),
  protocol: oneOf(2),
  session_id: short,
  session_secret: short,
  generation: integer(1),
  thread_id: short,
  transport,
  node: short,
  server_time: short,
  outcome: oneOf('new', 'resumed', 'reset', 'forked'),
  reason: optional(short),
  detail: optional(short),
  epoch: short,
  head: integer(0),
  from: integer(1),
  cursor: short,
  replay: integer(0),
  gap: optional(gap),
  window,
  ping_interval_ms: integer(1),
  session_ttl_ms: integer(1),
  http_path: optional(text(HTTP_PATH_PATTERN, 'a path')),
}) as Parser<Receipt>;

/** A newer server may know more codes; what to do follows from `retryable`. */
const fault = object({
  code: short,
  message: short,
  retryable: boolean,
  retry_after_ms: optional(integer(0)),
  field: optional(short),
}) as Parser<Fault>;

const refusal: Parser<Refusal> = object({ ok: oneOf(false), error: fault });

const orRefusal =
  <T>(parser: Parser<T>): Parser<T | Refusal> =>
  (value, path) => {
    const parsed = parser(value, path);
    return parsed instanceof ParseError ? refusal(value, path) : parsed;
  };

const pong: Parser<Pong> = object({
  pong: oneOf(true),
  timestamp: short,
  session_id: short,
  thread_id: short,
  transport,
  owner: boolean,
  epoch: optional(short),
  head: integer(0),
  sent: integer(0),
  waiting: (value) =>
    value === 'credit' || value === 'transport' || value === 'pacing' ? value : null,
  degraded: optional(boolean),
});

/** A reader for one message; undefined for what is not one. */
export const known =
  <T>(parser: Parser<T>) =>
  (value: unknown): T | undefined => {
    const parsed = parser(value, '');
    return parsed instanceof ParseError ? undefined : parsed;
  };

/** The same, made when it is first used: a bundle leaves out the readers that it does not use. */
const seldom = <T>(make: () => Parser<T>) => {
  let read: ((value: unknown) => T | undefined) | undefined;
  return (value: unknown): T | undefined => {
    read ??= known(make());
    return read(value);
  };
};

export const readThreadEvents = known(threadEvents);
export const readReceipt = known(orRefusal(receipt));
export const readStreamPosition = /* @__PURE__ */ seldom<StreamPosition>(() =>
  object({
    thread_id: short,
    epoch: short,
    head: integer(0),
    from: integer(1),
    cursor: short,
    gap: optional(gap),
    reset: optional(reset),
    heartbeat_ms: integer(1),
  }),
);
export const readLogHead = /* @__PURE__ */ seldom<LogHead>(() =>
  object({ thread_id: short, epoch: short, head: integer(0) }),
);
/** The answer to an event that was sent. */
export const readThreadSent = /* @__PURE__ */ seldom<ThreadSent | Refusal>(() =>
  orRefusal(object({ ok: oneOf(true), offset: optional(integer(1)) })),
);
export const readThreadEphemeral = known<ThreadEphemeral>(
  object({ thread_id: short, event: short, data: anyJson }),
);
export const readPong = known(pong);
export const readSessionExpired = known<SessionExpired>(
  object({ session_id: short, reason: short, detail: short }),
);
export const readSessionTakenOver = known<SessionTakenOver>(object({ session_id: short }));
export const readTokenExpiring = /* @__PURE__ */ seldom<TokenExpiring>(() =>
  object({ session_id: short, expires_in_ms: integer(0) }),
);
export const readReportRequest = /* @__PURE__ */ seldom<ReportRequest>(() =>
  object({ session_id: short }),
);
export const readServerDraining = known<ServerDraining>(object({ retry_after_ms: integer(0) }));
/** Both dialects; a v1 backend may leave either field out. */
export const readSystemPing = known<Partial<SystemPing>>(
  object({ timestamp: optional(short), message: optional(short) }),
);
