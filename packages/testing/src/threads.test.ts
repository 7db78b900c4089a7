import type { Pong, Receipt, ThreadEvents } from '@session-monitor/protocol';
import { describe, expect } from 'vitest';
import { deliver, follow, numbered, range, THREAD, test } from './lab.fixture.js';
import { turn } from './turn.js';

describe('publishing', () => {
  test('a follower gets the events of its thread, once and in order', async (lab) => {
    const { server, app } = await lab.live({
      threads: { [THREAD]: numbered(1, 3), other: numbered(90, 99) },
    });
    expect(server.publish(THREAD, 'note', { n: 4 })).toBe(4);
    expect(server.publishMany(THREAD, numbered(5, 1_200))).toBe(1_200);
    await server.settled();
    expect(app.seen).toEqual(range(1, 1_200));
    expect(app.offsets).toEqual(range(1, 1_200));
    expect(app.monitor.status).toMatchObject({ state: 'live', offset: 1_200, head: 1_200 });
    expect(app.receipts).toMatchObject([{ outcome: 'new', from: 1, replay: 3 }]);
  });

  test('each monitor gets its own copy of the data', async (lab) => {
    const server = lab.server();
    const [one, other] = [follow(server), follow(server)];
    one.monitor.onAny((_event, data) => Object.assign(data as object, { spoilt: true }));
    const data = { n: 1, nothing: undefined };
    server.publish(THREAD, 'note', data);
    await server.settled();
    expect(other.heard).toEqual([['note', { n: 1 }]]);
    expect(server.events(THREAD)).toEqual([{ offset: 1, event: 'note', data: { n: 1 } }]);
    expect(data).toEqual({ n: 1, nothing: undefined });
  });

  test('a monitor begins where it wants to', async (lab) => {
    const server = lab.server({ threads: { [THREAD]: numbered(1, 10) } });
    const apps = (['now', 7, 50] as const).map((since) => follow(server, { since }));
    await server.settled();
    await deliver(server, 11);
    expect(apps.map(({ seen }) => seen)).toEqual([[11], range(8, 11), range(1, 11)]);
    expect(apps[2]?.receipts).toMatchObject([{ outcome: 'reset', reason: 'cursor_ahead' }]);
  });

  test('a checkpoint that an app has saved is continued', async (lab) => {
    const { server, app: before } = await lab.live({ threads: { [THREAD]: numbered(1, 5) } });
    const cursor = before.monitor.checkpoint() ?? '';
    before.monitor.stop();
    server.publishMany(THREAD, numbered(6, 8));
    const after = follow(server, { cursor });
    await server.settled();
    expect(after.seen).toEqual([6, 7, 8]);
    expect(after.resets).toEqual([]);
  });

  test('monitors on one socket follow a thread each', async (lab) => {
    const server = lab.server({ threads: { a: numbered(1, 2), b: numbered(11, 12) } });
    const one = follow(server, { thread_id: 'a' });
    const other = follow(server, { thread_id: 'b' }, one.socket);
    await server.settled();
    expect([one.offsets.length, other.offsets.length]).toEqual([2, 2]);
    expect(one.seen).toEqual([1, 2, 11, 12]);
    expect([server.followers('a'), server.followers('b')]).toEqual([1, 1]);
    one.monitor.stop();
    server.publish('a', 'note', { n: 3 });
    await server.settled();
    expect([server.followers('a'), server.followers('b')]).toEqual([0, 1]);
    expect(one.offsets.length).toBe(2);
  });
});

describe('ephemeral events', () => {
  test('reach only the clients that are connected now', async (lab) => {
    const server = lab.server();
    const here = follow(server);
    const away = follow(server);
    const told: unknown[] = [];
    here.monitor.on('ephemeral', ({ event, data }) => told.push([event, data]));
    away.monitor.on('ephemeral', () => told.push('away'));
    await server.settled();
    away.socket.disconnect();
    server.publishEphemeral(THREAD, 'typing', { user: 'Ada' });
    await server.settled();
    away.socket.connect();
    await server.settled();
    expect(told).toEqual([['typing', { user: 'Ada' }]]);
    expect(here.monitor.status.offset).toBe(0);
  });

  test('of a client reach the others', async (lab) => {
    const server = lab.server();
    const [one, other] = [follow(server), follow(server)];
    const told: unknown[] = [];
    one.monitor.on('ephemeral', () => told.push('itself'));
    other.monitor.on('ephemeral', ({ event, data }) => told.push([event, data]));
    await server.settled();
    one.monitor.sendEphemeral('typing', true);
    await server.settled();
    expect(told).toEqual([['typing', true]]);
  });
});

describe('what is gone', () => {
  test('trimmed events are a gap for a newcomer', async (lab) => {
    const server = lab.server({ threads: { [THREAD]: numbered(1, 10) } });
    server.trim(THREAD, 4);
    const app = follow(server);
    await server.settled();
    expect(app.gaps).toEqual([{ from: 1, to: 4, reason: 'trimmed' }]);
    expect(app.seen).toEqual(range(5, 10));
    expect(server.events(THREAD)[0]).toEqual({ offset: 5, event: 'note', data: { n: 5 } });
  });

  test('trimmed events are a gap for a client that was away, as far as it lacks them', async (lab) => {
    const { server, app } = await lab.live({ threads: { [THREAD]: numbered(1, 3) } });
    server.down();
    server.publishMany(THREAD, numbered(4, 9));
    server.trim(THREAD, 7);
    server.up();
    await server.settled();
    expect(app.gaps).toEqual([{ from: 4, to: 7, reason: 'trimmed' }]);
    expect(app.seen).toEqual([1, 2, 3, 8, 9]);
  });

  test('trimmed events are a gap for a client that is connected but slow', async (lab) => {
    const { server, app } = await lab.live({ threads: { [THREAD]: numbered(1, 3) } });
    // In one breath: the events are trimmed before they are sent.
    server.publishMany(THREAD, numbered(4, 9));
    server.trim(THREAD, 9);
    await server.settled();
    expect(app.gaps).toEqual([{ from: 4, to: 9, reason: 'trimmed' }]);
    expect(app.monitor.status.resumes).toBe(0);
    await deliver(server, 10);
    expect(app.seen).toEqual([1, 2, 3, 10]);
  });

  test('a client that has the trimmed events misses nothing', async (lab) => {
    const { server, app } = await lab.live({ threads: { [THREAD]: numbered(1, 3) } });
    server.trim(THREAD, 3);
    server.cut();
    await deliver(server, 4);
    expect(app.gaps).toEqual([]);
    expect(app.seen).toEqual([1, 2, 3, 4]);
  });

  for (const reason of ['deleted', 'epoch_changed', 'cursor_ahead', 'diverged'] as const) {
    test(`a thread that starts over (${reason}) resets its connected readers`, async (lab) => {
      const { server, app } = await lab.live({ threads: { [THREAD]: numbered(1, 3) } });
      server.reset(THREAD, reason, numbered(101, 104));
      await server.settled();
      expect(app.resets).toEqual([{ reason, from: 1 }]);
      expect(app.seen).toEqual([1, 2, 3, 101, 102, 103, 104]);
      expect(app.offsets).toEqual([1, 2, 3, 1, 2, 3, 4]);
      expect(app.monitor.status.offset).toBe(4);
    });

    test(`a thread that starts over (${reason}) resets readers that were away`, async (lab) => {
      const { server, app } = await lab.live({ threads: { [THREAD]: numbered(1, 3) } });
      server.down();
      server.reset(THREAD, reason);
      server.publish(THREAD, 'note', { n: 101 });
      server.up();
      await server.settled();
      expect(app.resets).toEqual([{ reason, from: 1 }]);
      expect(app.receipts.at(-1)).toMatchObject({
        outcome: 'reset',
        reason,
        epoch: expect.any(String),
      });
      expect(app.seen).toEqual([1, 2, 3, 101]);
    });
  }

  test('an erased thread forgets its sessions without a connection, too', async (lab) => {
    const { server, app } = await lab.live();
    server.cut();
    await server.settled();
    server.down();
    server.reset(THREAD);
    server.up();
    await server.settled();
    expect(app.receipts.map(({ generation }) => generation)).toEqual([1, 2, 1]);
  });

  test('a thread that is erased twice resets a reader away for both with epoch_changed', async (lab) => {
    const { server, app } = await lab.live({ threads: { [THREAD]: numbered(1, 3) } });
    server.down();
    server.reset(THREAD);
    server.reset(THREAD);
    server.up();
    await server.settled();
    expect(app.resets).toEqual([{ reason: 'epoch_changed', from: 1 }]);
  });
});

describe('events of clients', () => {
  test('are appended once and come back to every client', async (lab) => {
    const server = lab.server();
    const [one, other] = [follow(server), follow(server)];
    const offsets = [one.monitor.send('note', { n: 1 }), one.monitor.send('note', { n: 2 })];
    await server.settled();
    expect(await Promise.all(offsets)).toEqual([1, 2]);
    expect([one.seen, other.seen]).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(server.events(THREAD).map(({ data }) => data)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test('wait for the network, and keep their order', async (lab) => {
    const { server, app } = await lab.live({ latencyMs: 30 });
    const first = app.monitor.send('note', { n: 1 });
    await lab.clock.advance(45);
    // It has arrived, and its answer has not.
    server.down();
    const second = app.monitor.send('note', { n: 2 });
    await lab.clock.advance(30_000);
    server.up();
    await server.settled();
    expect(await Promise.all([first, second])).toEqual([1, 2]);
    expect(app.seen).toEqual([1, 2]);
  });
});

test('a slow reader is sent no more than its window, and gets the rest as it goes on', async (lab) => {
  const { app } = await lab.live({ threads: { [THREAD]: numbered(1, 10_000) } });
  expect(app.seen).toEqual(range(1, 10_000));
  expect(app.monitor.status).toMatchObject({ duplicates: 0, resumes: 0 });
});

test('a client that acknowledges nothing is sent one window, and the reason for no more', async (lab) => {
  const { socket } = await lab.connect({ threads: { [THREAD]: numbered(1, 10_000) } });
  let came = 0;
  let asked = 0;
  socket.on('thread_events', ({ events, ack }: ThreadEvents) => {
    came += events.length;
    if (ack) asked += 1;
  });
  const ask = (event: string, message: object): Promise<Receipt & Pong> =>
    new Promise((resolve) => socket.emit(event, message, resolve));
  const instance = 'i'.repeat(22);
  const registration = { protocol: 2, thread_id: THREAD, instance, attempt: 1 };
  const { session_id, generation, epoch, window } = await ask('register_session', registration);
  await turn();
  expect(came).toBe(window.events);
  expect(asked).toBeGreaterThan(0);
  const place = { session_id, generation, epoch };
  const pong = await ask('ping', { ...place, offset: 0 });
  expect(pong).toMatchObject({ head: 10_000, sent: window.events, waiting: 'credit' });
  await ask('ping', { ...place, offset: window.events });
  await turn();
  expect(came).toBe(2 * window.events);
});
