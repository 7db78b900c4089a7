import { expect, test } from 'vitest';
import type { Run } from './answers.js';
import { threadReplies } from './thread-replies.js';

const stored = (run_id: string, status: string) => ({
  run_id,
  status,
  node: 'n',
  published: true,
  started_at: '2026-01-31T14:32:00.000Z',
  ended_at: null,
});
const recent = (run_id: string, more: Partial<Run>) => ({ run_id, ...more }) as Run;

test('a reply has what the store has of it, and what a server remembers', () => {
  const runs = {
    runs: [
      stored('a', 'running'),
      stored('b', 'running'),
      stored('c', 'failed'),
      stored('d', 'completed'),
    ],
    next: null,
  };
  const replies = threadReplies(runs, [
    recent('a', { state: 'waiting', user_id: 'ada' }),
    recent('b', { state: 'running', user_id: null, first_part_ms: 7 }),
    recent('c', { state: 'ended', user_id: 'bob', error: 'ERR_RESPONDER' }),
  ]);
  expect(
    replies.map((each) => [each.state, each.isOpen, each.user_id, each.first_part_ms, each.error]),
  ).toEqual([
    ['waiting', true, 'ada', null, null],
    ['running', true, null, 7, null],
    ['failed', false, 'bob', null, 'ERR_RESPONDER'],
    ['completed', false, null, null, null],
  ]);
});
