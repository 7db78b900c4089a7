import { beforeEach, describe, expect, test } from 'vitest';
import type { SessionIndex } from '../sessions/session-index.js';
import { createMemoryStore } from '../stores/memory.js';
import type { SessionRecord, SessionStore, Store } from '../stores/store.js';
import { V1Positions } from './positions.js';

const THREAD = 'thread';

describe('the positions of v1 sessions', () => {
  let now: number;
  let store: Store;
  /** Records that were read. */
  let read: number;
  let carried: Map<string, string>;
  let onPage: (page: number) => void;
  let positions: V1Positions;

  beforeEach(() => {
    now = 0;
    read = 0;
    carried = new Map();
    onPage = () => {};
    store = createMemoryStore();
    let pages = 0;
    const sessions: Pick<SessionStore, 'ofThread'> = {
      async ofThread(...args) {
        const page = await store.sessions.ofThread(...args);
        read += page.length;
        pages += 1;
        onPage(pages);
        return page;
      },
    };
    const index = {
      get: (id: string) => (carried.has(id) ? { pump: { cursor: carried.get(id) } } : undefined),
    } as unknown as SessionIndex;
    positions = new V1Positions(sessions, index, {
      now: () => now,
      after: (_, fn) => {
        setImmediate(fn);
        return () => {};
      },
    });
  });

  async function put(session_id: string, position: string, more: Partial<SessionRecord> = {}) {
    const usual = {
      dialect: 1,
      thread_id: THREAD,
      generation: 1,
      secret: 'x',
      state: 'disconnected',
    };
    const record = { session_id, position, ...usual, ...more } as SessionRecord;
    await store.sessions.put(record, await store.sessions.get(session_id));
  }

  async function putMany(count: number, more: Partial<SessionRecord> = {}) {
    for (let n = 0; n < count; n += 1) {
      await put(`s${String(n).padStart(5, '0')}`, `e.${1_000 + n}.a`, more);
    }
  }

  const lowest = async () => (await positions.of(THREAD))?.lowest.offset;

  test('the lowest counts, of stored sessions and of those that are connected here', async () => {
    expect(await positions.of(THREAD)).toBeUndefined();
    await put('a', 'e.5.a');
    await put('b', 'e.3.a');
    await put('v2', 'e.1.a', { dialect: 2 });
    expect(await positions.of(THREAD)).toEqual({
      lowest: { epoch: 'e', offset: 3, tag: 'a' },
      isOneEpoch: true,
    });
    // It has moved on since it was stored.
    carried.set('b', 'e.9.a');
    expect(await lowest()).toBe(5);
    await put('c', 'f.7.a');
    expect(await positions.of(THREAD)).toMatchObject({ isOneEpoch: false });
    await put('d', 'no cursor');
    expect(await positions.of(THREAD)).toMatchObject({ lowest: { epoch: '' }, isOneEpoch: false });
  });

  test('a hundred registrations read 5,000 records about once', async () => {
    await putMany(5_000);
    for (let n = 0; n < 100; n += 1) {
      expect(await lowest()).toBe(1_000);
      now += 90;
    }
    expect(read).toBeLessThan(6_000);
    now += 10_000;
    await store.sessions.remove({ session_id: 's00000', generation: 1, secret: 'x' });
    expect(await lowest()).toBe(1_001);
  });

  test('many v2 sessions are read as rarely', async () => {
    await putMany(1_000, { dialect: 2 });
    for (let n = 0; n < 100; n += 1) expect(await positions.of(THREAD)).toBeUndefined();
    expect(read).toBe(1_000);
    // The first v1 session of the thread.
    positions.began(THREAD, 'e.7.a');
    expect(await lowest()).toBe(7);
  });

  test('registrations at the same time share a look', async () => {
    await putMany(1_000);
    const found = await Promise.all(Array.from({ length: 50 }, lowest));
    expect(new Set(found)).toEqual(new Set([1_000]));
    expect(read).toBe(1_000);
  });

  test('few records are read each time: what is found is exact', async () => {
    await putMany(100);
    expect(await lowest()).toBe(1_000);
    await put('s00000', 'e.2000.a');
    expect(await lowest()).toBe(1_001);
  });

  test('a session that begins behind a look is not missed', async () => {
    await putMany(1_000);
    onPage = (page) => {
      if (page === 3) positions.began(THREAD, 'e.400.a');
    };
    expect(await lowest()).toBe(400);
    positions.began(THREAD, 'e.300.a');
    expect(await lowest()).toBe(300);
  });
});
