import { expect, test } from 'vitest';
import { NothingSent, postQuestion } from './post.js';

const question = { user_input: 'Why?', thread_id: 't', message_id: 'm' };

const post = (answer: () => Response | Promise<Response>) =>
  postQuestion(async () => answer(), question);

test('a post that is taken names its run; the stream is left alone', async () => {
  let cancelled = false;
  const body = new ReadableStream({
    cancel() {
      cancelled = true;
    },
  });
  const response = new Response(body, { headers: { 'x-run-id': 'r1' } });
  expect(await post(() => response)).toEqual({ kind: 'taken', run_id: 'r1' });
  expect(cancelled).toBe(true);
});

test('it asks for the thread, under an id of its own', async () => {
  const sent: unknown[] = [];
  await postQuestion(async (url, init) => {
    sent.push(url, init?.method, JSON.parse(String(init?.body)));
    return new Response(null, { status: 500 });
  }, question);
  expect(sent).toEqual(['/havefun', 'POST', { ...question, use_websocket: true }]);
});

test('a refusal is told in the words of the server', async () => {
  const fault = { error: { code: 'too_large', message: 'The body is too large.' } };
  const refusal = new Response(JSON.stringify(fault), { status: 413 });
  expect(await post(() => refusal)).toEqual({ kind: 'refused', why: fault.error.message });
  const page = new Response('<h1>No such page</h1>', { status: 404 });
  expect(await post(() => page)).toEqual({ kind: 'refused', why: 'The answer was 404.' });
});

test('only what was never sent is surely not sent', async () => {
  const lost = post(() => Promise.reject(new TypeError('Failed to fetch')));
  expect(await lost).toEqual({ kind: 'no_answer' });
  const gateway = post(() => new Response('<h1>Bad gateway</h1>', { status: 502 }));
  expect(await gateway).toEqual({ kind: 'no_answer' });
  const offline = post(() => Promise.reject(new NothingSent('This page is offline.')));
  expect(await offline).toEqual({ kind: 'refused', why: 'This page is offline.' });
});
