import { expect, test } from 'vitest';
import { retryAfterOf } from './connect-error.js';

const answered = (responseText: unknown) =>
  Object.assign(new Error('xhr poll error'), { type: 'TransportError', context: { responseText } });

test.each<[name: string, error: Error, ms: number]>([
  ['a refused handshake', answered('{"code":"limit_reached","retry_after_ms":1500}'), 1_500],
  ['one that asks for an hour', answered('{"retry_after_ms":3600000}'), 60_000],
  ['another refusal', answered('{"code":4,"message":"No."}'), 0],
  ['a proxy', answered('<html>'), 0],
  ['a nonsense', answered('{"retry_after_ms":"soon"}'), 0],
  ['nothing', answered('null'), 0],
  ['a WebSocket', new Error('websocket error'), 0],
])('%s', (_name, error, ms) => {
  expect(retryAfterOf(error)).toBe(ms);
});
