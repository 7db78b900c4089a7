import type { Reply, RunView } from '@session-monitor/client';
import { expect, test } from 'vitest';
import { beingWritten, conversationOf, type Sources } from './conversation.js';

const reply = (run_id: string, state: Reply['state']): Reply => ({
  run_id,
  offset: 1,
  state,
  message: 'Why?',
  message_id: `m-${run_id}`,
  user_id: null,
  text: '',
  whole: true,
  analysis: [],
  knowledge: [],
  next_actions: [],
  error: null,
});

const run = (message_id: string | null, state: RunView['state']): RunView => ({
  run_id: null,
  message_id,
  user_input: message_id === null ? null : `text of ${message_id}`,
  state,
});

function show(
  replies: readonly Reply[],
  runs: readonly RunView[] = [],
  others: Partial<Sources> = {},
) {
  const thread = { replies, gaps: [], status: { runs } };
  return conversationOf({ thread, replayed: () => [], lost: [], refused: [], ...others });
}

test('a reply waits for the one that is being written', () => {
  const replies = [reply('a', 'completed'), reply('b', 'running'), reply('c', 'running')];
  expect(show(replies).shown.map(({ waits }) => waits)).toEqual([false, false, true]);
  expect(beingWritten(replies)?.run_id).toBe('b');
});

test('what is on its way is shown until the thread has it', () => {
  const runs = [run('m-a', 'accepted'), run('m-b', 'accepted'), run('m-c', 'sending')];
  const { pending } = show([reply('a', 'running')], [...runs, run(null, 'running')]);
  expect(pending).toEqual([
    { message_id: 'm-b', text: 'text of m-b', refusal: null },
    { message_id: 'm-c', text: 'text of m-c', refusal: null },
  ]);
  expect(show([], [run('m-d', 'running'), run('m-e', 'completed')]).pending).toEqual([]);
});

test('only the last reply proposes what to ask next, and only while nothing is on its way', () => {
  const replies = [reply('a', 'completed'), reply('b', 'interrupted')];
  expect(show(replies).shown.map(({ isLast }) => isLast)).toEqual([false, true]);
  const { shown } = show(replies, [run('m-c', 'sending')]);
  expect(shown.map(({ isLast }) => isLast)).toEqual([false, false]);
});

test('what was refused stands behind it, with the reason', () => {
  const refused = [{ message_id: 'm', text: 'Too long', refusal: 'The body is too large.' }];
  const { pending } = show([], [run('m-c', 'sending')], { refused });
  expect(pending.map(({ message_id }) => message_id)).toEqual(['m-c', 'm']);
});

test('a reply of which the page has lost a part says so', () => {
  const lost = [
    { offset: 7, run_id: 'b' },
    { offset: 9, run_id: null },
  ];
  const { shown } = show([reply('a', 'completed'), reply('b', 'completed')], [], { lost });
  expect(shown.map((turn) => turn.lost)).toEqual([false, true]);
});
