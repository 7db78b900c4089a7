import { expect, test } from 'vitest';
import { createDemoResponder } from './demo.js';

const request = { run_id: 'run', thread_id: 'thread', user_id: null };
const FAST = { partsPerSecond: 10_000, words: 12 };

async function words(user_input: string): Promise<number> {
  const { signal } = new AbortController();
  const thread = { thread_id: 'thread', history: async () => [] };
  const context = { signal, thread, run: { run_id: 'run', started_at: 0 } };
  let count = 0;
  for await (const part of createDemoResponder(FAST)({ ...request, user_input }, context)) {
    if (typeof part !== 'string' && part.type === 'message') count += 1;
  }
  return count;
}

test('a reply is as long as configured, or as the question asks for', async () => {
  expect(await words('What is a cursor?')).toBe(12);
  expect(await words('Explain cursors in 30 words.')).toBe(30);
  expect(await words('Say nothing, in 0 words')).toBe(0);
  expect(await words('In words, please')).toBe(12);
});

test('a question cannot ask for more than some minutes', async () => {
  expect(await words('Tell me everything in 999999 words')).toBe(5_000);
});
