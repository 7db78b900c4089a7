/** Moving batches from the journal to the logs loses, doubles and forgets nothing, with or without a crash. */

import type { Environment } from '@session-monitor/server/lmdb';
import { describe, expect } from 'vitest';
import { type Lab, test } from '../support/lab.js';
import { openWithTables } from '../support/lmdb.js';
import { range, times, until } from '../support/until.js';

const event = (n: number): string => JSON.stringify(['e', n]);

/** Moves batches after every few of them, in small steps. */
const HASTE = { roundBytes: 1_000_000, roundBatches: 8, stepBytes: 60, stepBatches: 2 };
/** Moves none. */
const PATIENCE = { roundBytes: 1e9, roundBatches: 1e9, stepBytes: 1, stepBatches: 1 };

async function open(lab: Lab, path: string, pace = HASTE, commitsUntilCrash = Infinity) {
  let commits = 0;
  const wrapEnvironment = (environment: Environment): Environment => ({
    ...environment,
    async commit(operations) {
      commits += 1;
      if (commits > commitsUntilCrash) throw new Error('the power is gone');
      await environment.commit(operations);
    },
  });
  const { store, environment } = await openWithTables({ path, pace, wrapEnvironment });
  lab.defer(() => store.close());
  return {
    store,
    records: (table: 'journal' | 'logs') => [...environment.range(table, {})].length,
  };
}

type Store = Awaited<ReturnType<typeof open>>['store'];

async function readAll(store: Store, thread_id: string) {
  const { head, batches } = await store.logs.read(thread_id, 0, { maxBytes: 1e9 });
  const events = batches.flatMap((batch) =>
    times(batch.count, (index) => {
      const offset = batch.first + index;
      return [offset, batch.text(offset, offset), batch.tagAt(offset)] as const;
    }),
  );
  return { head, events, records: batches.length };
}

describe('the journal', () => {
  test('of two concurrent trims the one that keeps less wins', async (lab) => {
    const pace = { roundBytes: 1, roundBatches: 1, stepBytes: 1, stepBatches: 1 };
    const { store, records } = await open(lab, await lab.folder(), pace);
    for (const n of range(1, 8)) {
      await store.logs.append('t', [event(n)]);
      await until('moved', () => records('journal') === 0);
    }
    expect(records('logs')).toBe(8);
    const unfollow = store.logs.follow('t', () => {});
    // The first trim has not written its removals yet when the second one reads.
    await Promise.all([1, 6].map((maxEvents) => store.logs.trim('t', { maxEvents }, 100)));
    const { head, events } = await readAll(store, 't');
    expect([head.base, events.map(([offset]) => offset)]).toEqual([7, [8]]);
    unfollow();
  });

  test('empties into the logs: fewer records, the same events with the same tags', async (lab) => {
    const path = await lab.folder();
    const first = await open(lab, path, PATIENCE);
    for (const n of range(1, 40)) {
      await first.store.logs.append('a', [event(n)], n % 5 === 0 ? { message_id: `m${n}` } : {});
      await first.store.logs.append('b', [event(n), event(-n)]);
    }
    const before = await readAll(first.store, 'a');
    expect(before.records).toBe(40);
    expect(new Set(before.events.map(([, , tag]) => tag)).size).toBe(40);
    await first.store.close();

    const second = await open(lab, path);
    await until('moved', () => second.records('journal') === 0, {
      state: () => second.records('journal'),
    });
    const after = await readAll(second.store, 'a');
    expect([after.head, after.events]).toEqual([before.head, before.events]);
    expect(after.records).toBeLessThan(40);
    expect((await second.store.logs.locate('a', 7)).tag).toBe(before.events[6]?.[2]);
    const repeated = await second.store.logs.append('a', [event(1)], { message_id: 'm10' });
    expect(repeated).toMatchObject({ outcome: 'duplicate', first: 10 });
    expect((await readAll(second.store, 'b')).events.length).toBe(80);
  });

  for (const commits of range(1, 12)) {
    test(`a crash after ${commits} commits of a move loses and doubles nothing`, async (lab) => {
      const path = await lab.folder();
      const first = await open(lab, path, PATIENCE);
      for (const n of range(1, 12)) {
        await first.store.logs.append('a', [event(n)], { message_id: `m${n}` });
        await first.store.logs.append('b', [event(n)]);
      }
      const before = [await readAll(first.store, 'a'), await readAll(first.store, 'b')];
      await first.store.close();

      const second = await open(lab, path, HASTE, commits);
      await until('the crash, or the end', () => second.records('journal') === 0 || undefined, {
        timeoutMs: 300,
      }).catch(() => {});
      await second.store.close();

      const third = await open(lab, path, PATIENCE);
      const after = [await readAll(third.store, 'a'), await readAll(third.store, 'b')];
      expect(after.map(({ head, events }) => [head, events])).toEqual(
        before.map(({ head, events }) => [head, events]),
      );
      const repeated = await third.store.logs.append('a', [event(1)], { message_id: 'm3' });
      expect(repeated).toMatchObject({ outcome: 'duplicate', first: 3 });
      expect(await third.store.logs.append('a', [event(13)])).toMatchObject({ first: 13 });
    });
  }

  test('keeps up with any rate of appends during trims, erasures and reads', async (lab) => {
    const { store, records } = await open(lab, await lab.folder());
    const reads: Promise<void>[] = [];
    await Promise.all(
      times(300, async (n) => {
        await store.logs.append('t', [event(n)]);
        if (n % 10 === 0) await store.logs.trim('t', { maxEvents: 50 }, 3);
        if (n % 50 === 0) {
          await store.logs.append('erased', [event(n)]);
          await store.logs.delete('erased');
        }
        reads.push(
          readAll(store, 't').then(({ head, events }) => {
            const offsets = events.map(([offset]) => offset);
            const [oldest = head.offset + 1] = offsets;
            expect(oldest).toBeLessThanOrEqual(head.base + 1);
            expect(offsets).toEqual(times(offsets.length, (index) => oldest + index));
          }),
        );
      }),
    );
    await Promise.all(reads);
    const { head, events } = await readAll(store, 't');
    expect([head.offset, events.at(-1)?.[0]]).toEqual([300, 300]);
    await store.logs.delete('t');
    expect((await readAll(store, 't')).events).toEqual([]);
    expect((await readAll(store, 'erased')).events).toEqual([]);
    for (const n of times(20, (each) => each)) await store.logs.append('u', [event(n)]);
    await until('only the newest log is left', () => records('logs') + records('journal') <= 20, {
      state: () => [records('logs'), records('journal')],
    });
  });

  test('what only the journal holds is trimmed, and stays trimmed', async (lab) => {
    const path = await lab.folder();
    const first = await open(lab, path, PATIENCE);
    for (const n of range(1, 10)) await first.store.logs.append('t', [event(n)]);
    const trimmed = await first.store.logs.trim('t', { maxEvents: 4 }, 100);
    expect(trimmed).toEqual({ base: 6, more: false });
    const before = await readAll(first.store, 't');
    expect(before.events.map(([offset]) => offset)).toEqual([7, 8, 9, 10]);
    await first.store.close();
    const second = await open(lab, path, PATIENCE);
    expect(await readAll(second.store, 't')).toEqual(before);
  });
});
