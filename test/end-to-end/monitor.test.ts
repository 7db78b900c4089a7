import { SessionMonitor } from '@session-monitor/client';
import type { Authorize } from '@session-monitor/server';
import * as defaultParser from 'socket.io-parser';
import { describe, expect } from 'vitest';
import type { TestApp } from '../support/app.js';
import { publish } from '../support/app.js';
import { EVENT, loseOneFrame, TRANSPORT_CASES } from '../support/client.js';
import { jsonPost } from '../support/json.js';
import { test } from '../support/lab.js';
import { range, times, until } from '../support/until.js';

const THREAD = 'monitored';

describe('the listeners of an app', () => {
  test('are called as if each event had come by itself', async (lab) => {
    const app = await lab.app();
    const { socket, monitor } = lab.client(app.url, { thread_id: THREAD, idle: true });
    const calls: unknown[] = [];
    socket.once(EVENT, (...args) => calls.push(['once', args]));
    socket.on(EVENT, function (this: unknown, ...args) {
      calls.push(['on', this === socket, args]);
    });
    socket.onAny((event, ...args) => event === EVENT && calls.push(['any', args]));
    monitor.start();
    await publish(app, THREAD, 1, 2);
    await until('both applied', () => calls.length === 5);
    expect(calls).toEqual([
      ['once', [{ n: 1 }]],
      ['on', true, [{ n: 1 }]],
      ['any', [{ n: 1 }]],
      ['on', true, [{ n: 2 }]],
      ['any', [{ n: 2 }]],
    ]);
  });

  test('monitor.onAny gets every event with its offset, and nothing of the protocol', async (lab) => {
    const app = await lab.app();
    const { monitor } = lab.client(app.url, { thread_id: THREAD, idle: true });
    const heard: unknown[] = [];
    const off = monitor.onAny((event, data, { offset, epoch }) => {
      heard.push([event, data, offset, epoch !== '']);
    });
    monitor.start();
    await app.sessions.publish(THREAD, 'note', 'first');
    await app.sessions.publish(THREAD, 'knowledge', { n: 2 });
    await until('both applied', () => monitor.status.offset === 2);
    expect(heard).toEqual([
      ['note', 'first', 1, true],
      ['knowledge', { n: 2 }, 2, true],
    ]);
    off();
    await app.sessions.publish(THREAD, 'note', 'third');
    await until('applied', () => monitor.status.offset === 3);
    expect(heard.length).toBe(2);
  });

  test('may stop the monitor: nothing follows, and a restart misses nothing', async (lab) => {
    const app = await lab.app();
    await publish(app, THREAD, 1, 100);
    const { monitor, socket, seen } = lab.client(app.url, { thread_id: THREAD, idle: true });
    socket.on(EVENT, ({ n }) => n === 30 && monitor.stop());
    monitor.start();
    await until('stopped', () => monitor.status.state === 'stopped');
    await publish(app, THREAD, 101, 110);
    expect(seen).toEqual(range(1, 30));
    expect(monitor.status).toMatchObject({ offset: 30, applied: 30 });
    monitor.start();
    await until('the rest is applied', () => seen.length === 110);
    expect(seen).toEqual(range(1, 110));
  });

  test('may switch to another thread in the middle of a frame', async (lab) => {
    const app = await lab.app();
    await publish(app, THREAD, 1, 50);
    await publish(app, 'other', 1_001, 1_010);
    const { monitor, socket, seen } = lab.client(app.url, { thread_id: THREAD, idle: true });
    socket.on(EVENT, ({ n }) => n === 10 && monitor.start('other'));
    monitor.start();
    await until('the other is applied', () => seen.at(-1) === 1_010);
    expect(seen).toEqual([...range(1, 10), ...range(1_001, 1_010)]);
    expect(monitor.status).toMatchObject({ thread_id: 'other', offset: 10 });
  });

  test('that throw do not stop the others', async (lab) => {
    const app = await lab.app();
    const { monitor, socket, seen } = lab.client(app.url, { thread_id: THREAD, idle: true });
    const original = console.error;
    const reported: unknown[] = [];
    console.error = (...args) => void reported.push(args[1]);
    lab.defer(() => {
      console.error = original;
    });
    socket.on(EVENT, ({ n }) => {
      throw new Error(`listener ${n}`);
    });
    monitor.start();
    await publish(app, THREAD, 1, 5);
    await until('all applied', () => seen.length === 5);
    expect(monitor.status.state).toBe('live');
    expect(reported.map(String)).toEqual(range(1, 5).map((n) => `Error: listener ${n}`));
  });
});

describe('leaving', () => {
  test('a stopped or redirected monitor leaves nothing on the server', async (lab) => {
    const app = await lab.app();
    const { monitor, socket } = await lab.liveClient(app.url, { thread_id: 'first' });
    for (const thread of ['second', 'third', 'fourth']) {
      monitor.start(thread);
      await until('live there', () => monitor.status.state === 'live');
    }
    await until('only the last is left', () => app.sessions.stats().sessions === 1);
    expect(app.sessions.stats()).toMatchObject({ sessions: 1, threads: 1 });
    // The monitor switches before the receipt arrives, and then ends the session that was granted.
    monitor.start('fifth').start('sixth');
    await until('live there', () => monitor.status.state === 'live');
    await until('only the last is left', () => app.sessions.stats().sessions === 1);
    monitor.stop();
    await until('none is left', () => app.sessions.stats().sessions === 0);
    expect(socket.connected).toBe(true);
    expect(app.sessions.stats().threads).toBe(0);
    monitor.start();
    await until('live again', () => monitor.status.state === 'live');
  });
});

describe('coming back', () => {
  for (const transport of TRANSPORT_CASES) {
    test(`after the server has disconnected the socket (${transport})`, async (lab) => {
      const app = await lab.app();
      const { monitor, seen, receipts } = lab.client(app.url, { thread_id: THREAD, transport });
      await publish(app, THREAD, 1, 10);
      await until('live', () => seen.length === 10);
      app.io.disconnectSockets();
      await publish(app, THREAD, 11, 20);
      await until('back', () => seen.length === 20);
      expect(seen).toEqual(range(1, 20));
      expect(receipts.map(({ outcome }) => outcome)).toEqual(['new', 'resumed']);
      expect(monitor.status.reconnects).toBe(1);
    });
  }

  test('long after Socket.IO has stopped retrying', async (lab) => {
    const { app, proxy } = await lab.proxiedApp();
    const { socket, seen } = lab.client(proxy.url, {
      thread_id: THREAD,
      transport: 'websocket',
      socket: { reconnectionAttempts: 2 },
    });
    await publish(app, THREAD, 1, 10);
    await until('live', () => seen.length === 10);
    let gaveUp = 0;
    socket.io.on('reconnect_failed', () => {
      gaveUp += 1;
    });
    proxy.refusing = true;
    proxy.cut();
    await until('Socket.IO has given up, and again', () => gaveUp >= 2);
    proxy.refusing = false;
    await publish(app, THREAD, 11, 20);
    await until('back', () => seen.length === 20);
    expect(seen).toEqual(range(1, 20));
  });

  test('even when Socket.IO does not reconnect at all', async (lab) => {
    const { app, proxy } = await lab.proxiedApp();
    const { seen } = lab.client(proxy.url, {
      thread_id: THREAD,
      transport: 'websocket',
      socket: { reconnection: false },
    });
    await publish(app, THREAD, 1, 10);
    await until('live', () => seen.length === 10);
    proxy.cut();
    await publish(app, THREAD, 11, 20);
    await until('back', () => seen.length === 20);
    expect(seen).toEqual(range(1, 20));
  });

  test("not after the app's own disconnect, until the app connects again", async (lab) => {
    const app = await lab.app();
    const { monitor, socket, seen } = lab.client(app.url, { thread_id: THREAD });
    await publish(app, THREAD, 1, 10);
    await until('live', () => seen.length === 10);
    socket.disconnect();
    expect(monitor.status.state).toBe('connecting');
    await until('the server has noticed', () => app.sessions.stats().connections === 0);
    await publish(app, THREAD, 11, 20);
    expect([socket.connected, seen.length]).toEqual([false, 10]);
    socket.connect();
    await until('back', () => seen.length === 20);
    expect(seen).toEqual(range(1, 20));
  });

  test('after a server that is about to stop has requested it', async (lab) => {
    const server = await lab.server();
    const { monitor, receipts } = lab.client(server.url, { thread_id: THREAD });
    const announced: unknown[] = [];
    monitor.on('draining', (notice) => announced.push(notice));
    // A client between two polls does not receive it.
    await until('live and upgraded', () => {
      const { state, transport } = monitor.status;
      return state === 'live' && transport === 'websocket';
    });
    expect(await server.stop()).toBe(0);
    await server.restart();
    await until('back', () => receipts.length === 2);
    expect(announced).toEqual([{ retry_after_ms: 0 }]);
    expect(receipts[1]?.outcome).toBe('resumed');
  });
});

describe('authorisation', () => {
  test('is asked at registration, with the token, and decides who the user is', async (lab) => {
    const asked: unknown[] = [];
    const authorize: Authorize = ({ action, thread_id, user_id, token }) => {
      asked.push({ action, thread_id, user_id, token });
      return token === 'good' ? { user_id: 'alice' } : false;
    };
    const app = await lab.app({ authorize });
    let token = 'good';
    const { monitor } = await lab.liveClient(app.url, {
      thread_id: THREAD,
      user_id: 'somebody',
      token: async () => token,
    });
    expect(asked).toEqual([
      { action: 'register', thread_id: THREAD, user_id: 'somebody', token: 'good' },
    ]);

    // Each registration requests a new token. A refusal is final, without retries.
    token = 'bad';
    app.io.disconnectSockets();
    await until('failed', () => monitor.status.state === 'failed');
    expect(monitor.status.failure).toMatchObject({ code: 'authorisation', retryable: false });
    expect(asked.length).toBe(2);
    await app.sessions.publish(THREAD, EVENT, { n: 1 });
    expect(monitor.status.applied).toBe(0);
    expect((await post(app, 'none')).status).toBe(403);
  });

  test('is asked at a resume with the token of the registration', async (lab) => {
    const asked: unknown[] = [];
    const app = await lab.app({
      authorize: ({ action, token }) => {
        asked.push([action, token]);
        return token === 'good';
      },
    });
    const { monitor, socket, seen } = await lab.liveClient(app.url, {
      thread_id: THREAD,
      token: 'good',
    });
    loseOneFrame(socket);
    await publish(app, THREAD, 1, 1);
    await until('lost', () => socket.listeners('thread_events').length === 1);
    await publish(app, THREAD, 2, 5);
    await until('resumed', () => seen.length === 5);
    expect(seen).toEqual(range(1, 5));
    expect(monitor.status.resumes).toBe(1);
    expect(asked).toEqual([
      ['register', 'good'],
      ['resume', 'good'],
    ]);
  });

  test('that is refused at a resume ends the session', async (lab) => {
    let allowed = true;
    const app = await lab.app({ authorize: () => allowed });
    const { monitor, socket, seen } = await lab.liveClient(app.url, { thread_id: THREAD });
    loseOneFrame(socket);
    await publish(app, THREAD, 1, 1);
    await until('lost', () => socket.listeners('thread_events').length === 1);
    let frames = 0;
    socket.on('thread_events', () => {
      frames += 1;
    });
    allowed = false;
    await publish(app, THREAD, 2, 2);
    await until('failed', () => monitor.status.state === 'failed');
    expect(monitor.status.failure).toMatchObject({ code: 'authorisation' });
    expect(app.sessions.stats().sessions).toBe(0);
    const before = frames;
    await publish(app, THREAD, 3, 5);
    // An acknowledgement arrives after everything that was sent before it.
    await socket.emitWithAck('ping', { thread_id: THREAD });
    expect([frames, seen]).toEqual([before, []]);
  });

  test('is granted by true and by a user, by nothing else', async (lab) => {
    const answers: unknown[] = [0, 1, '', 'denied', [], {}, null, undefined, Number.NaN, false];
    let answer: unknown;
    const app = await lab.app({ authorize: () => answer as boolean });
    for (const each of [...answers, { user_id: 7 }]) {
      answer = each;
      expect([each, (await post(app, 'any')).status]).toEqual([each, 403]);
    }
    answer = { user_id: '' };
    expect((await post(app, 'any')).status).toBe(200);
  });

  test('that throws is an outage: the client tries again', async (lab) => {
    let outages = 2;
    const authorize: Authorize = () => {
      outages -= 1;
      if (outages >= 0) throw new Error('the identity provider is down');
      return true;
    };
    const { app } = await lab.loggedApp({ authorize });
    const { errors } = await lab.liveClient(app.url, { thread_id: THREAD });
    // The monitor also reports an outage if a busy machine takes longer than 5 s.
    const refusals = errors.filter((error) => !error.startsWith('no_connection: '));
    expect(refusals).toEqual(Array(2).fill(expect.stringMatching(/^unavailable: /)));
  });
});

describe('what an app may do wrong', () => {
  test('causes coded errors that say what to do', async (lab) => {
    const app = await lab.app();
    const { socket } = lab.client(app.url, { idle: true });
    const make = (options: object) => () => new SessionMonitor(socket, options);
    const code = (name: string) => expect.objectContaining({ code: name });
    expect(() => new SessionMonitor({} as never)).toThrow(code('ERR_NOT_A_SOCKET'));
    expect(() => new SessionMonitor(undefined as never)).toThrow(code('ERR_NOT_A_SOCKET'));
    expect(make({ pingInterval: -1 })).toThrow(code('ERR_BAD_OPTION'));
    expect(make({ pingInterval: Number.NaN })).toThrow(/'pingInterval' is NaN\. Allowed:/);
    expect(make({ since: 'yesterday' })).toThrow(code('ERR_BAD_OPTION'));
    expect(make({ thread_id: 'a b' })).toThrow(code('ERR_BAD_THREAD_ID'));
    expect(() => make({})().start()).toThrow(code('ERR_NO_THREAD_ID'));
    expect(() => make({})().start('a/b')).toThrow(code('ERR_BAD_THREAD_ID'));
    await expect(app.sessions.publish('t', 'connect', {})).rejects.toThrow(code('ERR_PUBLISH'));
    await expect(app.sessions.publish('t', 'run_finished', {})).rejects.toThrow(/end of a run/);
    await expect(app.sessions.publish('a b', 'e', {})).rejects.toThrow(code('ERR_PUBLISH'));
    // A name that is not a string matches the pattern in its string form, and would corrupt the log.
    for (const name of [undefined, null, 7, ['e']]) {
      await expect(app.sessions.publish('t', name as never, {})).rejects.toThrow(/event is a/);
      await expect(app.sessions.publish(name as never, 'e', {})).rejects.toThrow(/thread_id is a/);
    }
    await expect(app.sessions.publish('t', 'e', 1n)).rejects.toThrow(/not JSON/);
    await expect(app.sessions.publish('t', 'e', 'x'.repeat(600_000))).rejects.toThrow(/bytes/);
    for (const bad of ['k'.repeat(3_000), '~run.x', '', 7]) {
      await expect(app.sessions.deleteThread(bad as string)).rejects.toThrow(code('ERR_PUBLISH'));
    }
    const message_id = 'with space';
    await expect(app.sessions.publish('t', 'e', 1, { message_id })).rejects.toThrow(/message_id/);
  });

  test('a message id is published once, however often it is repeated', async (lab) => {
    const app = await lab.app();
    const offsets = await Promise.all(
      times(20, (n) => app.sessions.publish(THREAD, EVENT, { n }, { message_id: 'same' })),
    );
    expect(new Set(offsets)).toEqual(new Set([1]));
  });
});

test('a server with a custom parser sends its frames through emit', async (lab) => {
  // The server does not recognise this parser as Socket.IO's default, so it cannot send ready-made frames.
  const parser = { Encoder: defaultParser.Encoder, Decoder: defaultParser.Decoder };
  const app = await lab.app({ socketIo: { parser } });
  const { seen } = lab.client(app.url, { thread_id: THREAD, socket: { parser } });
  await publish(app, THREAD, 1, 200);
  await until('applied', () => seen.length === 200);
  expect(seen).toEqual(range(1, 200));
});

const post = (app: TestApp, token: string): Promise<Response> =>
  fetch(
    `${app.url}/havefun`,
    jsonPost({ user_input: 'hello', thread_id: THREAD }, { authorization: `Bearer ${token}` }),
  );
