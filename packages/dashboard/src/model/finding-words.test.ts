import { expect, test } from 'vitest';
import type { OngoingFinding } from './answers.js';
import { countOf, nameOfFinding, placesOf } from './finding-words.js';
import { hashOf } from './route.js';

const finding: OngoingFinding = {
  code: 'stuck_on_polling',
  about: 'session',
  count: 37,
  since: 1,
  node: 'n',
  session_id: 's',
  thread_id: 't',
  title: '',
  evidence: [],
  next: '',
};
const places = (more: Partial<OngoingFinding>) =>
  placesOf({ ...finding, ...more }).map(({ name, to }) => [name, hashOf(to)]);

test('a finding is counted by what it is about', () => {
  expect(nameOfFinding('stuck_on_polling')).toBe('stuck on polling');
  expect(nameOfFinding('acknowledgements_withheld')).toBe('acks withheld');
  expect(countOf(finding)).toBe('37 sessions');
  expect(countOf({ about: 'client', count: 1 })).toBe('1 time within a minute');
  expect(countOf({ about: 'thread', count: 1 })).toBe('1 thread');
  expect(countOf({ about: 'node', count: 2 })).toBe('2 servers');
});

test('a finding leads to all that have it, and to the one that has had it longest', () => {
  expect(places({})).toEqual([
    ['All 37 sessions', '#/sessions?finding=stuck_on_polling'],
    ['The first of them', '#/sessions/s'],
  ]);
  expect(places({ count: 1 })).toEqual([['Open the session', '#/sessions/s']]);
  expect(places({ about: 'thread', session_id: null })).toEqual([
    ['Thread t', '#/threads/t'],
    ['All replies', '#/runs'],
  ]);
  expect(places({ about: 'node', session_id: null, thread_id: null })).toEqual([
    ['Sessions of n', '#/sessions?node=n'],
  ]);
  expect(places({ about: 'client', session_id: null, thread_id: null })).toEqual([]);
});
