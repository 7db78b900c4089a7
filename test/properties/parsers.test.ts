/** Parsers turn anything from the wire into a typed message or a coded fault, and never throw. */

import * as protocol from '@session-monitor/protocol';
import {
  decodeCursor,
  encodeCursor,
  eventOfMissedMessage,
  FAULT_CODES,
  isV2Answer,
  isV2Payload,
  LIMITS,
  parseEventsQuery,
  parseLeaveSession,
  parsePing,
  parsePostMessage,
  parsePostQuestion,
  parsePublishMessage,
  parsePublishQuestion,
  parseRegisterSession,
  parseSystemPingResponse,
  parseThreadAck,
  parseThreadChange,
  parseThreadId,
  parseThreadPatch,
  parseThreadResume,
  parseThreadSend,
  parseThreadsQuery,
  parseV1Ping,
  parseV1RegisterSession,
  parseV1ThreadReference,
  type Result,
} from '@session-monitor/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { forAll } from './for-all.js';

/** Anything that Socket.IO's parser may pass on, and some values that it never does. */
const anything = fc.oneof(
  fc.jsonValue(),
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
);

const token = fc.stringMatching(/^[\w-]{16,64}$/);
const thread_id = fc.stringMatching(/^[\w.:-]{1,128}$/);
const epoch = fc.stringMatching(/^[\w-]{1,32}$/);
const offset = fc.maxSafeNat();
const message_id = fc.stringMatching(/^[\x21-\x7e]{1,128}$/);
const shortNumber = (n: number): string => String(n).slice(0, 15);
const cursor = fc
  .tuple(epoch, offset, epoch)
  .map(([name, at, tag]) => encodeCursor({ epoch: name, offset: at, tag }));

/** Valid messages. */
const MESSAGES = {
  register_session: fc.record(
    {
      protocol: fc.constant(2),
      thread_id,
      instance: token,
      attempt: fc.integer({ min: 1 }),
      user_id: fc.string({ maxLength: LIMITS.maxUserIdLength }),
      session_id: token,
      session_secret: token,
      cursor: fc.string({ maxLength: LIMITS.maxCursorLength }),
      since: fc.oneof(fc.constant('start'), fc.constant('now'), offset),
      token: fc.string({ maxLength: 100 }),
    },
    { requiredKeys: ['protocol', 'thread_id', 'instance', 'attempt'] },
  ),
  thread_ack: fc.record({ session_id: token, generation: fc.integer({ min: 1 }), epoch, offset }),
  thread_resume: fc.record({
    session_id: token,
    cursor: fc.string({ maxLength: LIMITS.maxCursorLength }),
  }),
  leave_session: fc.record({ session_id: token, generation: fc.integer({ min: 1 }) }),
  thread_send: fc.record(
    {
      session_id: token,
      message_id,
      event: fc.constantFrom('note', 'order.shipped', 'constructor'),
      data: fc.jsonValue(),
      ephemeral: fc.constant(true),
    },
    { requiredKeys: ['session_id', 'message_id', 'event', 'data'] },
  ),
  publish: fc.record(
    { event: fc.constantFrom('note', 'message'), data: fc.jsonValue(), message_id },
    { requiredKeys: ['event', 'data'] },
  ),
  post: fc.record(
    {
      user_input: fc.string({ minLength: 1 }).filter((text) => text.trim() !== ''),
      thread_id,
      user_id: fc.string({ maxLength: LIMITS.maxUserIdLength }),
      use_websocket: fc.boolean(),
      message_id,
      policy: fc.constantFrom('queue', 'reject', 'cancel_previous'),
    },
    { requiredKeys: ['user_input', 'thread_id'] },
  ),
  events_query: fc.record(
    {
      since: fc.oneof(fc.constantFrom('start', 'now'), fc.maxSafeNat().map(shortNumber), cursor),
      limit: fc.integer({ min: 1, max: 9_999 }).map(String),
    },
    { requiredKeys: [] },
  ),
} as const;

const PARSERS: Readonly<Record<string, (value: unknown) => Result<unknown>>> = {
  register_session: parseRegisterSession,
  thread_ack: parseThreadAck,
  thread_resume: parseThreadResume,
  leave_session: parseLeaveSession,
  ping: parsePing,
  post: parsePostMessage,
  post_question: parsePostQuestion,
  publish: parsePublishMessage,
  publish_question: parsePublishQuestion,
  events_query: parseEventsQuery,
  thread_id: parseThreadId,
  threads_query: parseThreadsQuery,
  thread_patch: parseThreadPatch,
  thread_change: parseThreadChange,
  thread_send: parseThreadSend,
  v1_register: parseV1RegisterSession,
  v1_ping: parseV1Ping,
  v1_reference: parseV1ThreadReference,
  system_ping_response: parseSystemPingResponse,
};

/** Every function of the package that reads a message of a server. */
const READERS = Object.entries(protocol).flatMap(([name, read]) =>
  name.startsWith('read') ? [[name, read as (value: unknown) => unknown] as const] : [],
);

/** A message with one field replaced, removed or added. */
const damaged = (message: fc.Arbitrary<object>) =>
  fc.tuple(message, fc.string(), anything, fc.nat()).map(([value, name, other, which]): unknown => {
    const entries = Object.entries(value);
    const at = which % Math.max(1, entries.length);
    const field = entries[at]?.[0] ?? name;
    return which % 2 === 0 ? { ...value, [field]: other } : { ...value, [name]: other };
  });

function expectVerdict(result: Result<unknown>): void {
  if (result.ok) return;
  expect(FAULT_CODES).toContain(result.fault.code);
  expect(result.fault.message.length).toBeLessThan(400);
  expect(result.fault.retryable).toBe(false);
}

describe('what a server reads', () => {
  for (const [name, parse] of Object.entries(PARSERS)) {
    test(`${name}: anything is read or refused with a code`, () => {
      forAll(500, [anything], (value) => expectVerdict(parse(value)));
    });
  }

  for (const [name, message] of Object.entries(MESSAGES)) {
    const parse = PARSERS[name];
    test(`${name}: a valid message is read unchanged; a damaged one is read or refused`, () => {
      forAll(500, [message, damaged(message)], (good, bad) => {
        expect(parse?.(good)).toEqual({ ok: true, value: good });
        const result = parse?.(bad);
        if (result) expectVerdict(result);
      });
    });
  }

  test('the dialect of any payload is decided', () => {
    forAll(100, [fc.string(), anything], (event, payload) => {
      expect(typeof isV2Payload(event, payload)).toBe('boolean');
    });
  });
});

describe('what a client reads', () => {
  for (const [name, read] of READERS) {
    test(`${name}: anything is read or is undefined`, () => {
      forAll(500, [anything], (value) => {
        const message = read(value);
        expect(message === undefined || typeof message === 'object').toBe(true);
      });
    });
  }

  test('a missed message of v1 becomes an event that an app may have', () => {
    forAll(100, [fc.jsonValue(), anything], (message, answer) => {
      expect(eventOfMissedMessage(message as never)).toMatch(/^[\w.:-]{1,64}$/);
      expect(typeof isV2Answer(answer)).toBe('boolean');
    });
  });
});

describe('a cursor', () => {
  test('is read as it was written', () => {
    forAll(100, [epoch, offset, epoch], (name, at, tag) => {
      const cursor = { epoch: name, offset: at, tag };
      expect(decodeCursor(encodeCursor(cursor))).toEqual(cursor);
    });
  });

  test('any other text is no cursor, or one that survives a round trip', () => {
    forAll(2_000, [fc.oneof(fc.string(), fc.stringMatching(/^[\w.-]{0,60}$/))], (text) => {
      const cursor = decodeCursor(text);
      if (!cursor) return;
      expect(Number.isSafeInteger(cursor.offset)).toBe(true);
      // Only leading zeros may differ.
      expect(decodeCursor(encodeCursor(cursor))).toEqual(cursor);
    });
  });
});
