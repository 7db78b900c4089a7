import { createMemoryStore, type Store } from '@session-monitor/server';
import { describe, expect } from 'vitest';
import { EVENT, keepAway, TRANSPORT_CASES } from '../support/client.js';
import { test } from '../support/lab.js';
import { range, until } from '../support/until.js';

const THREAD = 'history';

describe('history that goes away', () => {
  for (const transport of TRANSPORT_CASES) {
    test(`is announced as a gap to readers behind it, connected or not (${transport})`, async (lab) => {
      const store = createMemoryStore();
      const { app, proxy } = await lab.proxiedApp({ store, settings: { retention: {} } });
      const away = lab.client(proxy.url, { thread_id: THREAD, transport });
      await publish(store, 1, 10);
      await until('applied', () => away.seen.length === 10);
      await keepAway(proxy, away);

      const present = lab.client(app.url, { thread_id: THREAD, transport });
      await publish(store, 11, 30);
      await until('applied', () => present.seen.length === 30);
      await store.logs.trim(THREAD, { maxEvents: 10 }, 1_000);
      const late = lab.client(app.url, { thread_id: THREAD, transport });
      proxy.refusing = false;
      await publish(store, 31, 35);

      await until('all have what is kept', () =>
        [away, present, late].every(({ monitor }) => monitor.status.offset === 35),
      );
      expect(present.seen).toEqual(range(1, 35));
      expect(present.gaps).toEqual([]);
      expect(away.seen).toEqual([...range(1, 10), ...range(21, 35)]);
      expect(away.gaps).toEqual([{ from: 11, to: 20, reason: 'trimmed' }]);
      expect(away.receipts.at(-1)).toMatchObject({ outcome: 'resumed', from: 21 });
      expect(late.seen).toEqual(range(21, 35));
      expect(late.gaps).toEqual([{ from: 1, to: 20, reason: 'trimmed' }]);
      expect([...away.resets, ...present.resets, ...late.resets]).toEqual([]);
    });

    test(`is announced as a reset when the thread is erased, connected or not (${transport})`, async (lab) => {
      const store = createMemoryStore();
      const { app, proxy } = await lab.proxiedApp({ store });
      const away = lab.client(proxy.url, { thread_id: THREAD, transport });
      const present = lab.client(app.url, { thread_id: THREAD, transport });
      await publish(store, 1, 10);
      await until('applied', () => away.seen.length === 10 && present.seen.length === 10);
      await keepAway(proxy, away);

      await app.sessions.deleteThread(THREAD);
      await until('told', () => present.resets.length === 1);
      await publish(store, 101, 105);
      proxy.refusing = false;

      await until('all have the new history', () =>
        [away, present].every(({ seen }) => seen.at(-1) === 105),
      );
      for (const { seen, offsets, resets, gaps } of [away, present]) {
        expect(seen).toEqual([...range(1, 10), ...range(101, 105)]);
        expect(offsets).toEqual([...range(1, 10), ...range(1, 5)]);
        expect(resets).toEqual([{ reason: 'deleted', from: 1 }]);
        expect(gaps).toEqual([]);
      }
      expect(away.receipts.at(-1)).toMatchObject({ outcome: 'reset', reason: 'deleted' });
    });
  }

  test('a slow replay that a trim overtakes announces the gap', async (lab) => {
    const store = createMemoryStore();
    const { app, proxy } = await lab.proxiedApp({
      store,
      socketIo: { pingInterval: 25_000, pingTimeout: 60_000 },
    });
    await publish(store, 1, 6_000, 'x'.repeat(500));
    const client = lab.client(proxy.url, {
      thread_id: THREAD,
      transport: 'websocket',
      pingInterval: 600_000,
    });
    await until('replay has begun', () => client.seen.length > 0);
    proxy.stall();
    await store.logs.trim(THREAD, { maxEvents: 100 }, 100_000);
    proxy.unstall();
    await until('caught up', () => client.monitor.status.offset === 6_000);

    expect(client.gaps.length).toBe(1);
    const [gap] = client.gaps;
    expect(gap?.to).toBe(5_900);
    expect(client.offsets).toEqual([...range(1, (gap?.from ?? 0) - 1), ...range(5_901, 6_000)]);
    app.io.disconnectSockets(true);
  });
});

/** One batch each, so that trimming may stop at any event. */
async function publish(store: Store, from: number, to: number, text = ''): Promise<void> {
  for (const n of range(from, to)) {
    await store.logs.append(THREAD, [JSON.stringify([EVENT, { n, text }])]);
  }
}
