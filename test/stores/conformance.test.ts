import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryStore } from '@session-monitor/server';
import { openLmdbStore } from '@session-monitor/server/lmdb';
import { type StoreHarness, storeConformance } from '@session-monitor/server/testing';
import { describe, test } from 'vitest';

/** A wall clock that the suite moves. */
function movableClock() {
  let wall = Date.now();
  return {
    wall: () => wall,
    advance(ms: number) {
      wall += ms;
    },
  };
}

describe('memory store', () => {
  storeConformance(test, async (): Promise<StoreHarness> => {
    const clock = movableClock();
    const store = createMemoryStore({ clock });
    return { store, advance: clock.advance, dispose: () => store.close() };
  });
});

describe('LMDB store', () => {
  storeConformance(test, async (): Promise<StoreHarness> => {
    const clock = movableClock();
    const path = await mkdtemp(join(tmpdir(), 'session-monitor-'));
    let store = await openLmdbStore({ path, clock });
    return {
      store,
      advance: clock.advance,
      async reopen() {
        await store.close();
        store = await openLmdbStore({ path, clock });
        return store;
      },
      async dispose() {
        await store.close();
        await rm(path, { recursive: true });
      },
    };
  });
});
