import { expect, test } from 'vitest';
import { createMemoryStore } from '../stores/memory.js';
import type { HeadListener, LogStore } from '../stores/store.js';
import { ThreadLog } from './thread-log.js';

const LIMITS = { maxBytes: 1_000, maxEvents: 100 };

test('a place in a log that was erased elsewhere is of the new log, and what was kept of the former is dropped', async () => {
  const { logs } = createMemoryStore();
  // As on a node that does not know of the erasure yet.
  let listener: HeadListener = () => {};
  const deaf: Partial<LogStore> = {
    open: (id) => logs.open(id),
    read: (id, after, limits) => logs.read(id, after, limits),
    locate: (id, offset) => logs.locate(id, offset),
    follow(_, each) {
      listener = each;
      return () => {};
    },
  };
  const log = await ThreadLog.open('t', deaf as LogStore);
  await logs.append('t', ['["former",1]', '["former",2]']);
  const former = await logs.head('t');
  const { batches } = await logs.read('t', 0, LIMITS);
  if (!former) throw new Error('The log is there.');
  listener(former, batches[0]);
  expect((await log.read(0, LIMITS))?.entries().next().value).toMatchObject({ offset: 1 });

  const erased = await logs.delete('t');
  await logs.append('t', ['["new",1]']);
  const { head } = await log.locate(0);
  expect(head.epoch).toBe(erased.epoch);
  expect(log.head.epoch).toBe(erased.epoch);
  const slice = await log.read(0, LIMITS);
  expect(slice).toMatchObject({ epoch: erased.epoch, from: 1, to: 1 });
});
