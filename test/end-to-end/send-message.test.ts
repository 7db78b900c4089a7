import { type Fetch, type RunState, SessionMonitorError } from '@session-monitor/client';
import { createDemoResponder } from '@session-monitor/server';
import { expect } from 'vitest';
import { createStorage, keepAway, type TestClient, untilLive } from '../support/client.js';
import { counted } from '../support/counted-responder.js';
import { type Lab, test } from '../support/lab.js';
import { times, until } from '../support/until.js';
import { V1Backend } from '../support/v1-backend.js';

const THREAD = 'questions';
const states = ({ monitor }: TestClient): RunState[] => monitor.status.runs.map((run) => run.state);

const quick = createDemoResponder({ partsPerSecond: 2_000, words: 5, exact: true });

test('a message is sent and accepted, and the status shows it to the end of its reply', async (lab) => {
  const { app, release } = await lab.heldApp();
  const [client, other] = await twoClients(lab, app.url);
  const seen: string[] = [];
  client.monitor.on('status', ({ runs }) => seen.push(runs.map(({ state }) => state).join()));
  const sent = client.monitor.sendMessage('Well?', { message_id: 'm' });
  expect(states(client)).toEqual(['sending']);
  const run = await sent;
  expect(run).toEqual({ run_id: expect.any(String), message_id: 'm', thread_id: THREAD });
  await until('it runs', () => states(client)[0] === 'running' && states(other)[0] === 'running');
  release();
  await until('it has ended', () =>
    [client, other].every((each) => states(each)[0] === 'completed'),
  );
  expect(client.monitor.status.runs).toEqual([
    { run_id: run.run_id, message_id: 'm', user_input: 'Well?', state: 'completed' },
  ]);
  expect(other.monitor.status.runs).toEqual([
    { run_id: run.run_id, message_id: null, user_input: null, state: 'completed' },
  ]);
  // It is one reply, whether the answer to the post or the thread comes first.
  expect([...new Set(seen)].filter((each) => each !== '' && each !== 'accepted')).toEqual([
    'sending',
    'running',
    'completed',
  ]);
});

test('messages without a network are sent when it is back, in order, once each', async (lab) => {
  const { responder, asked } = counted(quick);
  const { proxy } = await lab.proxiedApp({ responder });
  const client = await lab.liveClient(proxy.url, { thread_id: THREAD });
  await keepAway(proxy, client);
  const sent = ['a', 'b', 'c'].map((text) => client.monitor.sendMessage(text));
  await until('all wait', () => states(client).join() === 'sending,sending,sending');
  proxy.refusing = false;
  const runs = await Promise.all(sent);
  expect(new Set(runs.map(({ run_id }) => run_id)).size).toBe(3);
  await until('all have ended', () => states(client).every((state) => state === 'completed'));
  expect(asked).toEqual(['a', 'b', 'c']);
});

/** They follow the thread. */
const twoClients = (lab: Lab, url: string): Promise<[TestClient, TestClient]> =>
  Promise.all([
    lab.liveClient(url, { thread_id: THREAD }),
    lab.liveClient(url, { thread_id: THREAD }),
  ]);

/** Posts, and loses the first answers. */
function losing(count: number): { readonly fetch: Fetch; readonly lost: () => number } {
  let lost = 0;
  return {
    lost: () => lost,
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      if (lost === count) return response;
      lost += 1;
      await response.body?.cancel();
      throw new TypeError('the connection is gone');
    },
  };
}

test('a message whose answers are lost gets one reply', async (lab) => {
  const { responder, asked } = counted(quick);
  const { app, proxy } = await lab.proxiedApp({ responder });
  proxy.refusing = true;
  const { fetch, lost } = losing(3);
  const client = lab.client(proxy.url, { thread_id: THREAD, url: `${app.url}/`, fetch });
  const { run_id } = await client.monitor.sendMessage('Once?');
  expect(lost()).toBe(3);
  expect(client.monitor.status.runs).toMatchObject([{ run_id, state: 'accepted' }]);
  proxy.refusing = false;
  await until('it has ended', () => states(client).join() === 'completed');
  expect(asked).toEqual(['Once?']);
  expect(client.monitor.status.runs[0]?.run_id).toBe(run_id);
});

test('the thread confirms a message when the answer to its post is lost', async (lab) => {
  const { responder, asked } = counted(quick);
  const app = await lab.app({ responder });
  const { fetch } = losing(Number.POSITIVE_INFINITY);
  const client = await lab.liveClient(app.url, { thread_id: THREAD, fetch });
  const { run_id } = await client.monitor.sendMessage('Once?');
  await until('it has ended', () => states(client).join() === 'completed');
  expect(asked).toEqual(['Once?']);
  expect(client.monitor.status.runs[0]?.run_id).toBe(run_id);
});

test('a message that a reload has cut off is sent by the next page', async (lab) => {
  const { responder, asked } = counted(quick);
  const app = await lab.app({ responder });
  const storage = createStorage();
  const deaf: Fetch = (_url, { signal }) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  const before = await lab.liveClient(app.url, { thread_id: THREAD, storage, fetch: deaf });
  void before.monitor.sendMessage('First?', { message_id: 'm1' });
  void before.monitor.sendMessage('Second?', { message_id: 'm2' });
  before.close();
  expect(asked).toEqual([]);

  const after = lab.client(app.url, { thread_id: THREAD, storage });
  await until('both have been answered', () => states(after).join() === 'completed,completed');
  expect(asked).toEqual(['First?', 'Second?']);
  expect(after.monitor.status.runs.map(({ message_id }) => message_id)).toEqual(['m1', 'm2']);
  // The page after that does not send a message that has arrived.
  const third = lab.client(app.url, { thread_id: THREAD, storage: storage.copy() });
  await until('it knows the thread', () => states(third).length === 2);
  expect(third.monitor.status.runs.map(({ message_id }) => message_id)).toEqual([null, null]);
});

test('a message that is refused for good rejects its call, and the next one is sent', async (lab) => {
  const { responder, asked } = counted(quick);
  const app = await lab.app({
    responder,
    authorize: ({ action, token }) => action !== 'post' || token === 'good',
  });
  let token = 'bad';
  const client = await lab.liveClient(app.url, { thread_id: THREAD, token: () => token });
  const refused = client.monitor.sendMessage('Please?');
  await expect(refused).rejects.toMatchObject({
    code: 'ERR_REFUSED',
    message: expect.stringMatching(/Not allowed to post .*\(authorisation\)/),
  });
  expect(client.monitor.status.runs).toEqual([]);
  token = 'good';
  const twice = [1, 2].map(() => client.monitor.sendMessage('Please?', { message_id: 'twice' }));
  expect((await Promise.allSettled(twice)).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
  ]);
  await client.monitor.sendMessage('Please?', { message_id: 'm' });
  await expect(client.monitor.sendMessage('Another?', { message_id: 'm' })).rejects.toThrow(
    /message_id_reused/,
  );
  await until('all have ended', () => app.sessions.stats().runs === 0);
  expect(asked).toEqual(['Please?', 'Please?']);
});

test('invalid messages throw at once', async (lab) => {
  const app = await lab.app();
  const { monitor } = lab.client(app.url, { idle: true });
  const code = (fn: () => unknown) => {
    try {
      fn();
      return undefined;
    } catch (error) {
      return error instanceof SessionMonitorError ? error.code : error;
    }
  };
  expect(code(() => monitor.sendMessage('Well?'))).toBe('ERR_NO_THREAD_ID');
  expect(code(() => monitor.cancel())).toBe('ERR_NO_THREAD_ID');
  monitor.start(THREAD);
  for (const bad of ['', ' \n', 5 as never, 'x'.repeat(70_000)]) {
    expect(code(() => monitor.sendMessage(bad))).toBe('ERR_BAD_MESSAGE');
  }
  expect(code(() => monitor.sendMessage('x', { message_id: 'a b' }))).toBe('ERR_BAD_MESSAGE');
  expect(code(() => monitor.sendMessage('x', { policy: 'no' as never }))).toBe('ERR_BAD_MESSAGE');
});

test('a loop that sends without a network gets errors beyond 100 waiting messages', async (lab) => {
  const app = await lab.app();
  const client = lab.client(app.url, {
    thread_id: THREAD,
    fetch: () => Promise.reject(new TypeError('offline')),
  });
  await untilLive(client);
  for (const n of times(100, (each) => each)) void client.monitor.sendMessage(`${n}`);
  await expect(client.monitor.sendMessage('one more')).rejects.toMatchObject({
    code: 'ERR_NOT_SENT',
  });
  expect(client.monitor.status.runs.length).toBe(100);
});

test('cancel ends the newest open reply, for every client', async (lab) => {
  const { app, release } = await lab.heldApp();
  const [client, other] = await twoClients(lab, app.url);
  expect(await client.monitor.cancel()).toBe(false);
  const first = await client.monitor.sendMessage('First?');
  const second = await client.monitor.sendMessage('Second?');
  await until('both are known', () => states(other).join() === 'running,running');
  // Each client of the thread may cancel its runs.
  expect(await other.monitor.cancel()).toBe(true);
  await until('cancelled', () => states(client).join() === 'running,cancelled');
  expect(await client.monitor.cancel(second.run_id ?? '')).toBe(false);
  expect(await client.monitor.cancel(first.run_id ?? '')).toBe(true);
  await until('cancelled', () => states(client).join() === 'cancelled,cancelled');
  expect(await client.monitor.cancel('nothing')).toBe(false);
  release();
});

test('cancel_previous replaces the running reply', async (lab) => {
  const { app, release } = await lab.heldApp();
  const client = await lab.liveClient(app.url, { thread_id: THREAD });
  await client.monitor.sendMessage('First?');
  await client.monitor.sendMessage('Rather this?', { policy: 'cancel_previous' });
  release();
  await until('completed', () => states(client).join() === 'cancelled,completed');
});

test('a message waits while the monitor is stopped', async (lab) => {
  const { responder, asked } = counted(quick);
  const app = await lab.app({ responder });
  const client = lab.client(app.url, { thread_id: THREAD, idle: true });
  const sent = client.monitor.sendMessage('Well?');
  expect(states(client)).toEqual(['sending']);
  client.monitor.start();
  await sent;
  await until('it has ended', () => states(client).join() === 'completed');
  expect(asked).toEqual(['Well?']);
});

test('a v1 backend gets a message once: it would take a repetition for another message', async (lab) => {
  const backend = await V1Backend.start();
  lab.defer(() => backend.close());
  const posts: unknown[] = [];
  let answer: () => Promise<Response> = () => Promise.reject(new TypeError('gone'));
  const client = lab.client(backend.url, {
    thread_id: THREAD,
    fetch: (url, { body }) => {
      posts.push([url, JSON.parse(String(body))]);
      return answer();
    },
  });
  await untilLive(client);
  await expect(client.monitor.sendMessage('Well?')).rejects.toMatchObject({ code: 'ERR_REFUSED' });
  expect(posts.length).toBe(1);
  answer = async () => new Response('data: {}\n\n');
  const run = await client.monitor.sendMessage('Again?', { message_id: 'm' });
  expect(run).toEqual({ run_id: null, message_id: 'm', thread_id: THREAD });
  expect(posts.at(-1)).toEqual([
    `${backend.url}/havefun`,
    { thread_id: THREAD, user_input: 'Again?', message_id: 'm', use_websocket: true },
  ]);
});
