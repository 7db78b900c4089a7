/** Damaged files that were once handled wrongly. `npm run crash-images` damages files at random. */

import { cp, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Environment, openLmdbStore } from '@session-monitor/server/lmdb';
import { describe, expect } from 'vitest';
import { type FreeList, freeLists, pageInUse } from '../support/free-lists.js';
import { test } from '../support/lab.js';
import { range } from '../support/until.js';

const PACE = { roundBytes: 1, roundBatches: 1, stepBytes: 1, stepBatches: 1 };
const event = (n: number): string => JSON.stringify(['e', { n, text: 'x'.repeat(3_000) }]);
const PAGE_BYTES = 4_096;
const FREE_LIST_DAMAGE: Readonly<Record<string, (list: FreeList, inUse: bigint) => void>> = {
  'more pages than there are': (list) => list.write(0, 1_000_000_000n),
  'a page that is not there': (list) => list.write(1, list.read(1) ^ (1n << 20n)),
  'a page that is in use': (list, inUse) => list.write(1, inUse),
};

test('a first start that was cut short is no damage: the next one goes on from there', async (lab) => {
  const path = await lab.folder();
  const wrapEnvironment = (environment: Environment): Environment => ({
    ...environment,
    commit: () => Promise.reject(new Error('The power is gone')),
  });
  await expect(openLmdbStore({ path, wrapEnvironment })).rejects.toThrow();
  const copy = join(await lab.folder(), 'copy');
  await cp(path, copy, { recursive: true });
  const store = await openLmdbStore({ path: copy });
  expect(await store.logs.append('t', [event(1)])).toMatchObject({ outcome: 'appended' });
  await store.close();
});

describe('a damaged file', () => {
  test('that was cut short is refused, wherever the cut is, and left as it was', async (lab) => {
    const path = await lab.folder();
    const store = await openLmdbStore({ path, pace: PACE });
    for (const n of range(0, 59)) await store.logs.append(`t${n % 5}`, [event(n)]);
    await store.close();
    const { size } = await stat(join(path, 'data.mdb'));

    for (const length of [5 * PAGE_BYTES, 30 * PAGE_BYTES, size / 2, size - 20 * PAGE_BYTES]) {
      const copy = join(await lab.folder(), 'copy');
      await cp(path, copy, { recursive: true });
      await truncate(join(copy, 'data.mdb'), length);
      // Some look as empty as after an interrupted first start, but end the process when it opens them.
      await expect(openLmdbStore({ path: copy }), `${length} of ${size}`).rejects.toMatchObject({
        code: 'ERR_STORE_CORRUPT',
      });
      expect((await stat(join(copy, 'data.mdb'))).size).toBe(length);
    }
  });

  test('whose list of free pages is damaged is refused before a server writes to it', async (lab) => {
    const path = await lab.folder();
    const store = await openLmdbStore({ path, pace: PACE });
    for (const n of range(0, 59)) {
      await store.logs.append(`t${n % 5}`, [event(n)]);
      if (n % 20 === 19) await store.logs.delete(`t${n % 3}`);
    }
    await store.close();
    const file = join(path, 'data.mdb');
    const sound = await readFile(file);

    for (const [name, damage] of Object.entries(FREE_LIST_DAMAGE)) {
      const bytes = Buffer.from(sound);
      const lists = freeLists(bytes);
      expect(lists.length).toBeGreaterThan(1);
      for (const list of lists) damage(list, pageInUse(bytes));
      await writeFile(file, bytes);
      await expect(openLmdbStore({ path }), name).rejects.toMatchObject({
        code: 'ERR_STORE_CORRUPT',
      });
      expect((await readFile(file)).equals(bytes), name).toBe(true);
    }
    await writeFile(file, sound);
    const opened = await openLmdbStore({ path });
    await opened.logs.append('t1', [event(60)]);
    await opened.close();
  });

  test('that hides events from a running server fails the read', async (lab) => {
    const path = await lab.folder();
    const store = await openLmdbStore({ path, pace: PACE });
    for (const n of range(0, 19)) await store.logs.append('t', [event(n)]);
    await store.close();

    let hides = false;
    const wrapEnvironment = (environment: Environment): Environment => ({
      ...environment,
      range: (table, range) => (hides && table === 'logs' ? [] : environment.range(table, range)),
    });
    const damaged = await openLmdbStore({ path, wrapEnvironment });
    lab.defer(() => damaged.close());
    const unfollow = damaged.logs.follow('t', () => {});
    hides = true;
    // Not an empty result, which the reader would request endlessly, nor the events after the damage.
    await expect(damaged.logs.read('t', 3, { maxBytes: 100_000 })).rejects.toMatchObject({
      code: 'ERR_STORE_CORRUPT',
    });
    unfollow();
  });
});
