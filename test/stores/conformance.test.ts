import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryStore, type Store } from '@session-monitor/server';
import { openLmdbStore } from '@session-monitor/server/lmdb';
import { openRedisStore } from '@session-monitor/server/redis';
import { type StoreHarness, storeConformance } from '@session-monitor/server/testing';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { RedisCluster } from '../support/redis-cluster.js';
import { RedisServer } from '../support/redis-server.js';

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

/** Each test has its own prefix on one Redis. */
interface RedisUnderTest {
  readonly url: string;
  readonly replicas?: number;
  dispose(): Promise<unknown>;
}

function redisConformance(start: () => Promise<RedisUnderTest>) {
  let redis: RedisUnderTest;
  let count = 0;
  beforeAll(async () => {
    redis = await start();
  });
  afterAll(async () => {
    await redis.dispose();
  });
  storeConformance(test, async (): Promise<StoreHarness> => {
    const clock = movableClock();
    count += 1;
    const options = {
      url: redis.url,
      prefix: `test-${count}:`,
      replicas: redis.replicas ?? 0,
      clock,
      // Other tests check durability. This one checks the contract.
      waive: ['appendfsync'] as const,
    };
    let store = await openRedisStore(options);
    const others: Store[] = [];
    return {
      store,
      shared: true,
      advance: clock.advance,
      async reopen() {
        await store.close();
        store = await openRedisStore(options);
        return store;
      },
      async another() {
        const other = await openRedisStore(options);
        others.push(other);
        return other;
      },
      async dispose() {
        await Promise.all([store, ...others].map((each) => each.close()));
      },
    };
  });
}

describe('Redis store', () => {
  redisConformance(() => RedisServer.start({ appendfsync: 'no' }));
});

describe('Redis store, confirmed by a replica', () => {
  redisConformance(async () => {
    const primary = await RedisServer.start({ appendfsync: 'no' });
    const replica = await RedisServer.start({ appendfsync: 'no', replicaOf: primary });
    return {
      url: primary.url,
      replicas: 1,
      dispose: () => Promise.all([primary.dispose(), replica.dispose()]),
    };
  });
});

describe('Redis store on a cluster', () => {
  redisConformance(() => RedisCluster.start());
});
