import { expect, test } from 'vitest';
import { readLiveQuery } from './live-query.js';

test.each([
  [
    'nothing',
    {},
    { filter: {}, sort: { field: 'connected_at', isDescending: true }, from: 0, limit: 100 },
  ],
  [
    'filters, an order and a window',
    { state: 'idle', q: 'ali', sort: 'lag', from: '200', limit: '40' },
    {
      filter: { state: 'idle', q: 'ali' },
      sort: { field: 'lag', isDescending: false },
      from: 200,
      limit: 40,
    },
  ],
  ['the figures alone', { limit: '0' }, undefined],
] as const)('reads %s', (_, query, value) => {
  expect(readLiveQuery(query)).toEqual({ ok: true, value });
});

test.each([
  ['sort', { sort: 'name' }, /one of connected_at, .*with a minus/],
  ['sort', { sort: ['lag', '-lag'] }, /one of/],
  ['from', { from: '-1' }, /from 0/],
  ['from', { from: '1e3' }, /from 0/],
  ['limit', { limit: '101' }, /to 100/],
  ['limit', { limit: '' }, /to 100/],
  ['state', { state: 'gone' }, /one of active, idle, disconnected/],
  ['sate', { sate: 'idle' }, /Allowed: .*sort, from, limit/],
] as const)('refuses a bad %s and says what is allowed', (field, query, message) => {
  const refused = readLiveQuery(query);
  expect(refused).toMatchObject({ ok: false, fault: { code: 'bad_request', field } });
  expect(!refused.ok && refused.fault.message).toMatch(message);
});
