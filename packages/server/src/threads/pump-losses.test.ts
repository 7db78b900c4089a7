/** Pumps of a log that loses its end, as in a failover. */

import { expect, test } from 'vitest';
import { createMemoryStore } from '../stores/memory.js';
import type { HeadListener, LogStore, Store } from '../stores/store.js';
import { pumpFrom, settled, TestLink, THREAD } from './pump.fixture.js';
import type { Pump } from './pump.js';
import { ThreadLog } from './thread-log.js';

/** A store whose log can lose its tail and announce that, as after a failover. */
function forgetfulLogs(first: Store) {
  const listeners = new Set<HeadListener>();
  let held = first;
  const logs: Partial<LogStore> = {
    open: (thread) => held.logs.open(thread),
    read: (thread, after, limits) => held.logs.read(thread, after, limits),
    locate: (thread, offset) => held.logs.locate(thread, offset),
    follow: (thread, listener) => {
      listeners.add(listener);
      const unfollow = held.logs.follow(thread, listener);
      return () => {
        listeners.delete(listener);
        unfollow();
      };
    },
  };
  return {
    logs: logs as LogStore,
    async replace(other: Store) {
      held = other;
      const head = await other.logs.open(THREAD);
      for (const listener of listeners) listener(head, undefined, true);
      await settled();
    },
  };
}

/** A store whose log has the same epoch as its twin's, and other tags: a log that was restored and has grown again. */
function twin(name: string): Store {
  let names = 0;
  const token = () => (names++ === 0 ? 'epoch123' : `${name}-tag-${names}`);
  return createMemoryStore({ entropy: { token } });
}

/** A log with some events that can lose them, and a link for pumps of it. */
async function stage(events: number) {
  const store = twin('one');
  const forgetful = forgetfulLogs(store);
  for (let n = 0; n < events; n += 1) await store.logs.append(THREAD, ['["e",1]']);
  const log = await ThreadLog.open(THREAD, { logs: forgetful.logs });
  const link = new TestLink();
  const errors: unknown[] = [];
  const start = (after: number): Pump => {
    const pump = pumpFrom(after, { log, link, errors });
    pump.start();
    return pump;
  };
  return { store, forgetful, log, link, errors, start };
}

test('resets a reader past the lost tail, and lets a reader before it go on', async () => {
  const { forgetful, log, link, start } = await stage(5);
  const pump = start(4);
  await settled();
  expect(link.offsets).toEqual([5]);
  pump.acknowledge(log.head.epoch, 5);

  const other = twin('other');
  for (const n of [1, 2, 3, 4, 5, 6]) await other.logs.append(THREAD, [`["other",${n}]`]);
  await forgetful.replace(other);
  expect(link.frames[1]?.reset).toEqual({ reason: 'diverged', from: 1 });
  expect(link.offsets).toEqual([5, 1, 2, 3, 4, 5, 6]);

  // Lost again, but not the events that this reader has.
  link.frames.length = 0;
  await forgetful.replace(other);
  expect(link.frames).toEqual([]);
  await other.logs.append(THREAD, ['["other",7]']);
  await forgetful.replace(other);
  expect(link.offsets).toEqual([7]);
});

test('waits with the reset until its link is writable: another pump may have used it meanwhile', async () => {
  const { forgetful, link, start } = await stage(2);
  const pump = start(0);
  await settled();
  link.frames.length = 0;
  const other = twin('other');
  await other.logs.append(THREAD, ['["other",1]']);
  const { locate } = other.logs;
  other.logs.locate = (...args) => {
    // The question is on its way.
    link.open = false;
    return locate.apply(other.logs, args);
  };
  await forgetful.replace(other);
  other.logs.locate = locate;
  expect(link.frames).toEqual([]);
  // A trim leaves nothing that its place could be compared with.
  for (const n of [2, 3]) await other.logs.append(THREAD, [`["other",${n}]`]);
  await other.logs.trim(THREAD, { maxEvents: 0 }, 100);
  await forgetful.replace(other);
  link.drain();
  pump.wake();
  await settled();
  expect(link.frames[0]?.reset).toMatchObject({ from: 4 });
});

test('asks where it is after a read that fails, if the log has lost events meanwhile', async () => {
  const { forgetful, store, link, errors, start } = await stage(3);
  let fail: (error: Error) => void = () => {};
  store.logs.read = () => new Promise((_, reject) => (fail = reject));
  start(1);
  const other = twin('other');
  for (const n of [1, 2, 3]) await other.logs.append(THREAD, [`["other",${n}]`]);
  await forgetful.replace(other);
  expect(link.frames).toEqual([]);
  fail(new Error('Redis does not answer'));
  await settled();
  expect(errors).toEqual([new Error('Redis does not answer')]);
  expect(link.frames[0]?.reset).toMatchObject({ from: 1 });
  expect(link.offsets).toEqual([1, 2, 3]);
});
