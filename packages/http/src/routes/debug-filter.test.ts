import { expect, test } from 'vitest';
import { parseQuery } from '../exchange.js';
import { readFilter, refuseOthers } from './debug-filter.js';

const read = (query: string) => readFilter(parseQuery(query));

test('reads every filter', () => {
  const query =
    'thread_id=a:b&user_id=alice&state=idle&transport=websocket&node=node-1&protocol=1&q=al';
  expect(read(query)).toEqual({
    ok: true,
    value: {
      thread_id: 'a:b',
      user_id: 'alice',
      state: 'idle',
      transport: 'websocket',
      node: 'node-1',
      protocol: 1,
      q: 'al',
    },
  });
  expect(read('')).toEqual({ ok: true, value: {} });
  expect(read('q=')).toEqual({ ok: true, value: { q: '' } });
});

test.each([
  ['thread_id=a b', 'bad_thread_id', 'thread_id', 'letters'],
  ['thread_id=', 'bad_thread_id', 'thread_id', 'letters'],
  ['user_id=', 'bad_request', 'user_id', '1 to 256 characters'],
  ['state=expired', 'bad_request', 'state', 'active, idle, disconnected'],
  ['transport=sse', 'bad_request', 'transport', 'polling, websocket, webtransport'],
  ['protocol=3', 'bad_request', 'protocol', '1, 2'],
  ['protocol=1&protocol=2', 'bad_request', 'protocol', '1, 2'],
  [`q=${'x'.repeat(257)}`, 'bad_request', 'q', '256'],
])('refuses %s as %s of %s, and says what is allowed', (query, code, field, allowed) => {
  expect(read(query)).toMatchObject({
    ok: false,
    fault: { code, field, message: expect.stringContaining(allowed) },
  });
});

test('refuses a parameter that the route does not take, and names those that it takes', () => {
  const refused = (query: string) => refuseOthers(parseQuery(query), ['state', 'q']);
  expect(refused('state=x&q=&api_key=k')).toBe(undefined);
  const message = expect.stringContaining('Allowed: state, q.');
  expect(refused('sate=active')).toMatchObject({ code: 'bad_request', field: 'sate', message });
  expect(refused('__proto__=x')).toMatchObject({ field: '__proto__' });
  expect(refused('%3Cb%3E=x')).not.toHaveProperty('field');
  expect(refuseOthers(parseQuery('a=1'), [])?.message).toContain('Allowed: none.');
});
