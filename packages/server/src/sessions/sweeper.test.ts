import { beforeEach, describe, expect, test } from 'vitest';
import { LimitHits } from '../observe/limit-hits.js';
import { Metrics } from '../observe/metrics/metrics.js';
import { silentLogger } from '../observe/trace.js';
import { DEFAULT_SETTINGS } from '../options.js';
import { createMemoryStore } from '../stores/memory.js';
import type { LogStore, SessionRecord, Store } from '../stores/store.js';
import type { Clock } from '../util/clock.js';
import type { RecoveredPart } from './disconnect-handler.js';
import type { Registry } from './registry.js';
import { Sweeper, type SweeperDeps } from './sweeper.js';

const WALL = 1_700_000_000_000;
const { sweepIntervalMs } = DEFAULT_SETTINGS;

describe('the sweeper', () => {
  let now: number;
  /** How long everything else takes when the sweeper lets it have its turn. */
  let turnMs: number;
  let turns: number;
  let planned: { readonly ms: number; readonly fn: () => void }[];
  let store: Store;
  /** The logs that were looked at. */
  let looked: string[];

  const clock: Clock = {
    now: () => now,
    wall: () => WALL + now,
    after(ms, fn) {
      if (ms > 0) planned.push({ ms, fn });
      else {
        turns += 1;
        now += turnMs;
        setImmediate(fn);
      }
      return () => {};
    },
  };

  beforeEach(() => {
    [now, turnMs, turns, planned, looked] = [0, 0, 0, [], []];
    store = createMemoryStore({ clock });
  });

  function sweeperWith(more: Partial<SweeperDeps> = {}): Sweeper {
    const { logs } = store;
    const head: LogStore['head'] = (thread_id) => {
      looked.push(thread_id);
      return logs.head(thread_id);
    };
    const watched = new Proxy(logs, {
      get: (target, name) => {
        const member: unknown = name === 'head' ? head : Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    return new Sweeper({
      node: 'node-1',
      store: { ...store, logs: watched },
      clock,
      settings: { ...DEFAULT_SETTINGS, retention: { maxEvents: 2 } },
      trace: () => {},
      hits: new LimitHits(clock, () => {}),
      metrics: new Metrics(),
      logger: silentLogger,
      registry: registryWith(async () => ({ recovered: 0, last: undefined })),
      runs: { recover: async () => 0 },
      ...more,
    });
  }

  const registryWith = (recoverSome: (after: string) => Promise<RecoveredPart>): Registry =>
    ({
      connected: () => [],
      recoverSome: (_: unknown, after: string) => recoverSome(after),
    }) as unknown as Registry;

  const append = async (thread_id: string, count: number) => {
    for (let n = 1; n <= count; n += 1) await store.logs.append(thread_id, [`["e",${n}]`]);
  };
  const baseOf = async (thread_id: string) => (await store.logs.head(thread_id))?.base;

  async function leaveSessions(count: number): Promise<void> {
    for (let n = 1; n <= count; n += 1) {
      const session_id = `s${String(n).padStart(6, '0')}`;
      const record = { session_id, dialect: 2, generation: 1, secret: 'x', thread_id: 't' };
      const left = { start: 'e.0.0', position: 'e.1.a', state: 'disconnected', since: WALL };
      await store.sessions.put({ ...record, ...left, due_at: WALL } as SessionRecord, undefined);
    }
  }

  test('goes on until nothing is due, and lets other work have its turn', async () => {
    await leaveSessions(1_000);
    expect(await sweeperWith().sweep()).toBe(true);
    expect(await store.sessions.counts()).toEqual({
      connected: 0,
      disconnected: 0,
      expired: 1_000,
    });
    expect(turns).toBeGreaterThanOrEqual(10);
  });

  test('stops when its time is up, and goes on a moment later', async () => {
    await leaveSessions(1_000);
    turnMs = 80;
    const sweeper = sweeperWith();
    sweeper.start();
    expect(planned.map(({ ms }) => ms)).toEqual([sweepIntervalMs]);
    now = sweepIntervalMs;
    planned.at(-1)?.fn();
    await expect.poll(() => planned.length).toBe(2);
    const { expired } = await store.sessions.counts();
    expect(expired).toBeGreaterThan(0);
    expect(expired).toBeLessThan(1_000);
    for (let sweeps = 2; planned.at(-1)?.ms === 100; sweeps += 1) {
      planned.at(-1)?.fn();
      await expect.poll(() => planned.length).toBe(sweeps + 1);
    }
    expect(await store.sessions.counts()).toMatchObject({ expired: 1_000 });
    await sweeper.stop();
  });

  test('trims what was appended to, however many other threads there are', async () => {
    for (let n = 0; n < 20_000; n += 1) await store.logs.open(`empty-${n}`);
    await append('zz-busy', 10);
    turnMs = 1_000;
    await sweeperWith().sweep();
    expect(await baseOf('zz-busy')).toBe(8);
    // The walk over all of them has its own time.
    expect(looked.length).toBeLessThan(50);
  });

  test('walks over all logs for what a former process left, a part with each round', async () => {
    for (let n = 10; n < 60; n += 1) await append(`left-${n}`, 3);
    store.logs.takeChanged(1_000);
    turnMs = 1_000;
    const sweeper = sweeperWith();
    const trimmed = async () => {
      const bases = [];
      for (let n = 10; n < 60; n += 1) bases.push(await baseOf(`left-${n}`));
      return bases.filter((base) => base === 1).length;
    };
    const after: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      await sweeper.sweep();
      after.push(await trimmed());
      now += sweepIntervalMs;
    }
    expect(after).toEqual([16, 32, 48, 50]);
  });

  test('a sweep in between does not walk', async () => {
    await append('kept', 1);
    const sweeper = sweeperWith();
    await sweeper.sweep();
    looked = [];
    await sweeper.sweep();
    expect(looked).toEqual([]);
  });

  test('looks for the sessions of a former process at once, in parts', async () => {
    const asked: string[] = [];
    const lasts = ['a', 'b', 'c', 'd', undefined];
    const recoverSome = async (after: string) => {
      asked.push(after);
      return { recovered: 1, last: lasts[asked.length - 1] };
    };
    turnMs = 150;
    const sweeper = sweeperWith({ registry: registryWith(recoverSome), isLeft: () => true });
    sweeper.start();
    expect(planned[0]?.ms).toBe(100);
    expect(await sweeper.sweep()).toBe(false);
    expect(asked).toEqual(['', 'a']);
    expect(await sweeper.sweep()).toBe(false);
    expect(await sweeper.sweep()).toBe(true);
    expect(asked).toEqual(['', 'a', 'b', 'c', 'd']);
    await sweeper.sweep();
    expect(asked.length).toBe(5);
  });

  test('cleans up on a shared store only as long as it has the lease, and trims its own logs anyway', async () => {
    await leaveSessions(1);
    await append('own', 5);
    const nodes = { tryAcquireLease: async () => false } as unknown as NonNullable<Store['nodes']>;
    store = { ...store, nodes };
    await sweeperWith().sweep();
    expect(await store.sessions.counts()).toMatchObject({ disconnected: 1 });
    expect(await baseOf('own')).toBe(3);
  });
});
