/** The app's tests, as its developer writes them. They are shown in docs/testing.md. */

import {
  type FakeClock,
  type FakeServer,
  fakeClock,
  fakeServer,
  type ReplyPart,
} from '@session-monitor/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Conversation, type Events } from './conversation.js';

let clock: FakeClock;
let server: FakeServer;

beforeEach(() => {
  clock = fakeClock();
  server = fakeServer({ clock });
});
afterEach(() => server.close());

const words = (text: string): ReplyPart[] =>
  text.split(/(?= )/).map((delta) => ({ type: 'message', delta }));

test('half a minute without a network in the middle of a reply', async () => {
  server.reply(words('One two three four five.'), { everyMs: 100 });
  const monitor = server.monitor<Events>({ thread_id: 't' }).start();
  const conversation = new Conversation(monitor);
  await monitor.sendMessage('Count!');
  await clock.advance(150);
  server.down();
  await clock.advance(30_000);
  expect(monitor.status.state).toBe('recovering');
  expect(conversation.turns[0]?.answer).toBe('One two');
  server.up();
  await server.settled();
  expect(conversation.turns).toEqual([
    { question: 'Count!', answer: 'One two three four five.', state: 'completed' },
  ]);
});

const faults: Record<string, () => void> = {
  'a cut connection': () => server.cut(),
  'a half-open connection': () => server.freeze(),
  'a frame that is lost': () => server.loseFrame(),
  'a frame that comes twice': () => server.repeatFrame(),
  'a server that is deployed': () => server.drain(2_000),
  'a session that expires': () => server.expire(),
  'another tab that takes over': () => server.takeOver(),
  'a page that is put away': () => clock.sleep(),
};

for (const [name, fault] of Object.entries(faults)) {
  test(`no word is lost or comes twice after ${name}`, async () => {
    const monitor = server.monitor<Events>({ thread_id: 't' }).start();
    const conversation = new Conversation(monitor);
    for (const delta of ['One', ' two', ' three']) {
      server.publish('t', 'message', { run_id: 'r', delta });
      await server.settled();
      fault();
    }
    clock.wake();
    await server.settled();
    expect(conversation.turns[0]?.answer).toBe('One two three');
  });
}

test('events that are no longer kept are counted', async () => {
  server.publishMany('t', [
    ['message', { run_id: 'r', delta: 'One' }],
    ['message', { run_id: 'r', delta: ' two' }],
  ]);
  server.trim('t', 1);
  const conversation = new Conversation(server.monitor<Events>({ thread_id: 't' }).start());
  await server.settled();
  expect(conversation.missed).toBe(1);
});

test('a thread that is erased clears the page', async () => {
  const monitor = server.monitor<Events>({ thread_id: 't' }).start();
  const conversation = new Conversation(monitor);
  await monitor.sendMessage('Well?');
  await server.settled();
  server.reset('t', 'deleted');
  await server.settled();
  expect(conversation.turns).toEqual([]);
});

test('a page does not notice an expired token', async () => {
  let tokens = 0;
  const token = async () => `token ${++tokens}`;
  const monitor = server.monitor<Events>({ thread_id: 't', token }).start();
  const conversation = new Conversation(monitor);
  await server.settled();
  server.refuse('token_expired', { request: 'ask' });
  server.refuse('token_expired');
  server.cut();
  await monitor.sendMessage('Well?');
  await server.settled();
  expect(conversation.turns).toMatchObject([{ question: 'Well?', state: 'completed' }]);
  expect(monitor.status.state).toBe('live');
});

test('a refused page says so', async () => {
  server.refuse('authorisation');
  const monitor = server.monitor<Events>({ thread_id: 't' }).start();
  await server.settled();
  expect(monitor.status.failure?.code).toBe('authorisation');
});
