import { expect, test } from 'vitest';
import {
  accepted,
  isOpen,
  type RunsView,
  refusedToSend,
  seen,
  sending,
  withoutHistory,
} from './runs-view.js';

const NONE: RunsView = [];
const MESSAGE = { message_id: 'm', user_input: 'Why?' };

test('an own message is one run, whether its answer or its event comes first', () => {
  const sent = sending(NONE, MESSAGE);
  expect(sent).toEqual([{ run_id: null, ...MESSAGE, state: 'sending' }]);
  const answerFirst = seen(accepted(sent, 'm', 'r'), 'r', 'running');
  const threadFirst = accepted(seen(sent, 'r', 'running'), 'm', 'r');
  expect(answerFirst).toEqual([{ run_id: 'r', ...MESSAGE, state: 'running' }]);
  expect(threadFirst).toEqual(answerFirst);
  const endFirst = accepted(seen(seen(sent, 'r', 'running'), 'r', 'completed'), 'm', 'r');
  expect(endFirst).toEqual([{ run_id: 'r', ...MESSAGE, state: 'completed' }]);
});

test('an end is an end', () => {
  const ended = seen(seen(NONE, 'r', 'running'), 'r', 'cancelled');
  expect(seen(ended, 'r', 'running')).toBe(ended);
  expect(seen(ended, 'r', 'completed')).toBe(ended);
});

test('what others have asked is not repeated here', () => {
  expect(seen(NONE, 'r', 'running')).toMatchObject([{ message_id: null, user_input: null }]);
  expect(accepted(NONE, 'm', 'r')).toMatchObject([{ message_id: 'm', user_input: null }]);
});

test('what says nothing new is the same view', () => {
  const running = seen(NONE, 'r', 'running');
  expect(seen(running, 'r', 'running')).toBe(running);
  const sent = sending(NONE, MESSAGE);
  expect(sending(sent, MESSAGE)).toBe(sent);
});

test('a message that was refused is none, and a history that is void leaves what is being sent', () => {
  expect(refusedToSend(sending(NONE, MESSAGE), 'm')).toEqual([]);
  const runs = sending(seen(seen(NONE, 'a', 'running'), 'b', 'failed'), MESSAGE);
  expect(withoutHistory(runs)).toEqual([{ run_id: null, ...MESSAGE, state: 'sending' }]);
});

test('it does not grow with the thread', () => {
  let runs = sending(NONE, MESSAGE);
  for (let n = 0; n < 1_000; n += 1)
    runs = seen(seen(runs, `r${n}`, 'running'), `r${n}`, 'completed');
  expect(runs.filter(isOpen).length).toBe(1);
  expect(runs.length).toBe(21);
  expect(runs.at(-1)).toMatchObject({ run_id: 'r999', state: 'completed' });
  for (let n = 0; n < 1_000; n += 1) runs = seen(runs, `open${n}`, 'running');
  expect(runs.length).toBe(200);
});
