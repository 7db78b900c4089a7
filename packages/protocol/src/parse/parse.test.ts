import { describe, expect, test } from 'vitest';
import type { Receipt } from '../messages.js';
import {
  parsePing,
  parseRegisterSession,
  parseThreadAck,
  parseThreadResume,
  parseThreadSend,
} from './client-messages.js';
import { parsePostMessage } from './http-messages.js';
import {
  readPong,
  readReceipt,
  readServerDraining,
  readSessionExpired,
  readSessionTakenOver,
  readThreadEvents,
} from './server-messages.js';

const token = 'a-token-of-22-letters_';
const register = { protocol: 2, thread_id: 'thread', instance: token, attempt: 1 } as const;
const receipt: Receipt = {
  ok: true,
  protocol: 2,
  session_id: token,
  session_secret: token,
  generation: 1,
  thread_id: 'thread',
  transport: 'polling',
  node: 'node-1',
  server_time: '2026-01-01T00:00:00.000Z',
  outcome: 'new',
  epoch: 'epoch',
  head: 3,
  from: 1,
  cursor: 'epoch.0.0',
  replay: 3,
  window: { events: 100, bytes: 1_000 },
  ping_interval_ms: 15_000,
  session_ttl_ms: 1_800_000,
};
const malformed = [
  ...[undefined, null, 0, 'text', [], true, Symbol('s'), () => {}, new Date(), Buffer.from('x')],
];

describe('what a server reads', () => {
  test('a message keeps its known fields and loses the others', () => {
    const full = {
      ...register,
      user_id: 'user',
      session_id: token,
      session_secret: token,
      cursor: 'epoch.5.tag',
      since: 7,
      token: 'jwt',
      client_info: { visible: true },
    };
    const parsed = parseRegisterSession({ ...full, from_the_future: 1 });
    expect(parsed).toEqual({ ok: true, value: full });
  });

  test('an event is nested at most 16 deep', () => {
    const send = (depth: number) => {
      const data: unknown = JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
      return parseThreadSend({ session_id: token, message_id: 'm', event: 'note', data });
    };
    expect(send(16).ok).toBe(true);
    expect(send(17)).toMatchObject({ ok: false, fault: { code: 'bad_request', field: 'data' } });
  });

  test('null counts as left out', () => {
    const parsed = parseRegisterSession({ ...register, user_id: null, cursor: null });
    expect(parsed).toEqual({ ok: true, value: register });
  });

  test('a fault names the field, what is wanted and what came, never the value', () => {
    const parsed = parseRegisterSession({ ...register, instance: '<script>' });
    expect(parsed).toEqual({
      ok: false,
      fault: {
        code: 'bad_request',
        message: "'instance' must be 16 to 64 base64url characters, got a string.",
        retryable: false,
        field: 'instance',
      },
    });
  });

  test('an inherited field is none', () => {
    expect(parseRegisterSession(Object.create(register)).ok).toBe(false);
    const polluted = JSON.parse(`{"__proto__":${JSON.stringify(register)}}`);
    expect(parseRegisterSession(polluted).ok).toBe(false);
  });

  test('depth and size are bounded', () => {
    const deep = JSON.parse(`${'{"a":'.repeat(10)}1${'}'.repeat(10)}`);
    expect(parsePing({ client_info: deep }).ok).toBe(false);
    const wide = Object.fromEntries(Array.from({ length: 3_000 }, (_, n) => [n, n]));
    expect(parseRegisterSession({ ...register, client_info: wide }).ok).toBe(false);
  });

  test.each([
    ['register_session', parseRegisterSession],
    ['thread_resume', parseThreadResume],
    ['thread_ack', parseThreadAck],
    ['ping', parsePing],
    ['a post', parsePostMessage],
  ])('%s: malformed input is a fault, never a throw', (_name, parse) => {
    for (const value of malformed) expect(parse(value)).toMatchObject({ ok: false });
  });
});

describe('what a client reads', () => {
  test('receipts and refusals', () => {
    expect(readReceipt(receipt)).toEqual(receipt);
    const error = { code: 'authorisation', message: 'No.', retryable: false };
    expect(readReceipt({ ok: false, error })).toEqual({ ok: false, error });
  });

  test('a refusal with a code from a newer server', () => {
    const error = { code: 'something_new', message: 'No.', retryable: true, retry_after_ms: 5 };
    expect(readReceipt({ ok: false, error })).toMatchObject({ ok: false, error });
  });

  test('a receipt that lacks a field is none', () => {
    for (const field of ['protocol', 'generation', 'epoch', 'from', 'cursor', 'window'] as const) {
      expect([field, readReceipt({ ...receipt, [field]: undefined })]).toEqual([field, undefined]);
    }
  });

  test('frames, entry by entry', () => {
    const frame = { thread_id: 't', epoch: 'e', offset: 1, cursor: 'c', events: [['a', { n: 1 }]] };
    expect(readThreadEvents(frame)).toEqual(frame);
    const bad = [[['a']], [[1, 2]], ['a'], [['a', 1, 0]], [['a', 1, 'x']], 'a', undefined];
    for (const events of bad) expect(readThreadEvents({ ...frame, events })).toBeUndefined();
    for (const offset of [0, -1, 1.5, '1']) {
      expect(readThreadEvents({ ...frame, offset })).toBeUndefined();
    }
  });

  test.each([
    ['a receipt', readReceipt],
    ['a frame', readThreadEvents],
    ['a pong', readPong],
    ['session_expired', readSessionExpired],
    ['session_taken_over', readSessionTakenOver],
    ['server_draining', readServerDraining],
  ])('%s: malformed input is undefined, never a throw', (_name, parsed) => {
    for (const value of [...malformed, {}]) expect(parsed(value)).toBeUndefined();
  });
});
