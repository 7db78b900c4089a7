import { SessionMonitor } from '@session-monitor/client';
import { CLIENT_EVENTS } from '@session-monitor/protocol';
import { describe, expect } from 'vitest';
import { publish } from '../support/app.js';
import { createStorage, EVENT, TRANSPORT_CASES } from '../support/client.js';
import { test } from '../support/lab.js';
import { range, times, until } from '../support/until.js';

const THREAD = 'readers';

describe('readers of a thread', () => {
  for (const transport of TRANSPORT_CASES) {
    test(`two clients see the same, the later one from the start (${transport})`, async (lab) => {
      const app = await lab.app();
      const first = lab.client(app.url, { thread_id: THREAD, transport });
      await publish(app, THREAD, 1, 100);
      const second = lab.client(app.url, { thread_id: THREAD, transport });
      await publish(app, THREAD, 101, 200);
      for (const { seen, receipts } of [first, second]) {
        await until('all applied', () => seen.length === 200);
        expect(seen).toEqual(range(1, 200));
        expect(receipts.map(({ outcome }) => outcome)).toEqual(['new']);
      }
    });

    test(`a duplicated tab forks, and the first does not notice (${transport})`, async (lab) => {
      const app = await lab.app();
      const storage = createStorage();
      const first = lab.client(app.url, { thread_id: THREAD, transport, storage });
      await publish(app, THREAD, 1, 50);
      await until('the first is live', () => first.seen.length === 50);
      const duplicate = lab.client(app.url, {
        thread_id: THREAD,
        transport,
        storage: storage.copy(),
      });
      await publish(app, THREAD, 51, 100);

      await until(
        'both have all',
        () => first.seen.length === 100 && duplicate.seen.length === 100,
      );
      expect(first.seen).toEqual(range(1, 100));
      expect(duplicate.seen).toEqual(range(1, 100));
      expect(duplicate.receipts.map(({ outcome }) => outcome)).toEqual(['forked']);
      expect(duplicate.monitor.status.session_id).not.toBe(first.monitor.status.session_id);
      expect(first.receipts.length).toBe(1);
      expect(first.monitor.status.reconnects).toBe(0);
    });

    test(`a reload without a saved cursor replays from the start (${transport})`, async (lab) => {
      const app = await lab.app();
      const storage = createStorage();
      const before = lab.client(app.url, { thread_id: THREAD, transport, storage });
      await publish(app, THREAD, 1, 50);
      await until('applied', () => before.seen.length === 50);
      const { session_id } = before.monitor.status;
      // A page that is reloaded does not say goodbye.
      before.socket.disconnect();
      await until('the server has noticed', () => app.sessions.stats().sessions === 0);
      await publish(app, THREAD, 51, 60);

      const after = lab.client(app.url, { thread_id: THREAD, transport, storage });
      await publish(app, THREAD, 61, 100);
      await until('replayed', () => after.seen.length === 100);
      expect(after.seen).toEqual(range(1, 100));
      expect(after.receipts.map(({ outcome }) => outcome)).toEqual(['resumed']);
      expect(after.monitor.status.session_id).toBe(session_id);
    });

    test(`a late joiner from 'now' whose first receipt is lost misses nothing (${transport})`, async (lab) => {
      const app = await lab.app();
      await publish(app, THREAD, 1, 20);
      const proxy = await lab.proxy(app.url);
      const late = lab.client(proxy.url, {
        thread_id: THREAD,
        transport,
        since: 'now',
        idle: true,
      });
      loseFirstReceipt(late.socket);
      late.monitor.start();
      await until('the server has registered it', () => app.sessions.stats().sessions === 1);
      await publish(app, THREAD, 21, 40);
      expect(late.seen).toEqual([]);
      proxy.cut();
      await until('it is live after all', () => late.monitor.status.state === 'live');
      await publish(app, THREAD, 41, 60);

      await until('applied', () => late.seen.length === 40, { state: () => late.seen });
      expect(late.seen).toEqual(range(21, 60));
      expect(late.receipts.length).toBe(1);
      expect(late.gaps).toEqual([]);
    });
  }

  test('a reader may begin at a bare offset', async (lab) => {
    const app = await lab.app();
    await publish(app, THREAD, 1, 20);
    const client = lab.client(app.url, { thread_id: THREAD, since: 15 });
    await until('applied', () => client.seen.length === 5);
    expect(client.offsets).toEqual(range(16, 20));
  });

  test('a session with the wrong secret is a new one, without a hint', async (lab) => {
    const app = await lab.app();
    const storage = createStorage();
    const owner = await lab.liveClient(app.url, { thread_id: THREAD, storage });
    const id = owner.monitor.status.session_id;
    const key = `session_monitor:${THREAD}`;
    const thief = createStorage([[key, JSON.stringify({ id, secret: 'A'.repeat(22) })]]);
    const unknown = createStorage([
      [key, JSON.stringify({ id: 'B'.repeat(22), secret: 'A'.repeat(22) })],
    ]);
    for (const stored of [thief, unknown]) {
      const client = await lab.liveClient(app.url, { thread_id: THREAD, storage: stored });
      expect(client.monitor.status.session_id).not.toBe(id);
      expect(client.receipts[0]).toMatchObject({ outcome: 'new', reason: 'unknown_session' });
    }
    expect(owner.monitor.status.session_id).toBe(id);
    expect(owner.receipts.length).toBe(1);
  });

  test('a storage with malformed entries counts as empty', async (lab) => {
    const app = await lab.app();
    const key = `session_monitor:${THREAD}`;
    const malformed = ['', '{', '7', '{"id":"../..","secret":"x"}', '{"id":null}', '[]'];
    for (const text of malformed) {
      const storage = createStorage([[key, text]]);
      const client = await lab.liveClient(app.url, { thread_id: THREAD, storage });
      expect(client.receipts[0]?.outcome).toBe('new');
      expect(client.receipts[0]).not.toHaveProperty('reason');
    }
  });

  test('two threads share a socket without mixing', async (lab) => {
    const app = await lab.app();
    const one = lab.client(app.url, { thread_id: 'one' });
    const two = new SessionMonitor(one.socket, { thread_id: 'two', storage: null });
    const seenByTwo: unknown[] = [];
    two.on(EVENT, (data) => seenByTwo.push(data));
    two.start();
    lab.defer(() => two.stop());
    await app.sessions.publish('one', EVENT, { n: 1 });
    await app.sessions.publish('two', EVENT, { n: 2 });
    await until('both applied', () => one.offsets.length === 1 && seenByTwo.length === 1);
    expect(seenByTwo).toEqual([{ n: 2 }]);
    // The socket's own listeners receive both threads.
    expect([...one.seen].sort()).toEqual([1, 2]);
  });

  test('several long replays share a socket, and none of them waits for a ping', async (lab) => {
    const app = await lab.app();
    const threads = times(6, (index) => `busy-${index}`);
    const text = 'x'.repeat(1_000);
    for (const thread of threads) {
      await Promise.all(times(1_000, (n) => app.sessions.publish(thread, EVENT, { n, text })));
    }
    const { socket } = lab.client(app.url, { idle: true });
    const monitors = threads.map((thread_id) => {
      const monitor = new SessionMonitor(socket, {
        thread_id,
        storage: null,
        pingInterval: 600_000,
      });
      lab.defer(() => monitor.stop());
      return monitor.start();
    });
    await until('all are replayed', () => monitors.every(({ status }) => status.offset === 1_000), {
      state: () => monitors.map(({ status }) => status.offset),
    });
  });

  test('two sessions of one thread on one socket each get everything once', async (lab) => {
    const app = await lab.app();
    const one = await lab.liveClient(app.url, { thread_id: THREAD });
    await publish(app, THREAD, 1, 10);
    const two = new SessionMonitor(one.socket, { thread_id: THREAD, storage: null });
    const offsets: number[] = [];
    two.on(EVENT, (_data, meta) => offsets.push(meta.offset));
    two.start();
    lab.defer(() => two.stop());
    await publish(app, THREAD, 11, 30);
    await until('both have all', () => one.offsets.length === 30 && offsets.length === 30);
    expect(one.offsets).toEqual(range(1, 30));
    expect(offsets).toEqual(range(1, 30));
    expect(two.status.duplicates + one.monitor.status.duplicates).toBe(0);
  });
});

/** Hides the first receipt from the monitor. */
function loseFirstReceipt(socket: { emit: (...args: never[]) => unknown }): void {
  const emit = socket.emit as (...args: unknown[]) => unknown;
  const patched = socket as { emit: typeof emit };
  patched.emit = (event, ...args) => {
    if (event !== CLIENT_EVENTS.registerSession) return emit.call(socket, event, ...args);
    patched.emit = emit;
    return emit.call(socket, event, args[0], () => {});
  };
}
