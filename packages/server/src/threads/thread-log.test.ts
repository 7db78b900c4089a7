import { expect, test } from 'vitest';
import { createMemoryStore } from '../stores/memory.js';
import type { HeadListener, LogStore } from '../stores/store.js';
import { type MarkListener, ThreadLog } from './thread-log.js';

const LIMITS = { maxBytes: 1_000, maxEvents: 100 };

test('a place is asked for again if a head of another log was announced meanwhile', async () => {
  const { logs } = createMemoryStore();
  let announce: HeadListener = () => {};
  let asked = 0;
  const former = await logs.open('t');
  await logs.append('t', ['["former",1]']);
  const late = await logs.head('t');
  if (!late) throw new Error('The log is there.');
  const early = {
    open: async () => former,
    follow(_: string, listener: HeadListener) {
      announce = listener;
      return () => {};
    },
    async locate(id: string, offset: number) {
      asked += 1;
      const found = await logs.locate(id, offset);
      // Announced before the erasure, and heard only now.
      if (asked === 1) announce(late);
      return found;
    },
  } as Partial<LogStore> as LogStore;
  const log = await ThreadLog.open('t', { logs: early });
  const erased = await logs.delete('t');
  expect((await log.locate(0)).head.epoch).toBe(erased.epoch);
  expect([log.head.epoch, asked]).toEqual([erased.epoch, 2]);
});

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
  const log = await ThreadLog.open('t', { logs: deaf as LogStore });
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

test('marks are learned before readers are woken, and so is an advance that is not known as a whole', async () => {
  const { logs } = createMemoryStore();
  const seen: unknown[] = [];
  let announce: HeadListener = () => {};
  const watched: Partial<LogStore> = {
    open: (id) => logs.open(id),
    follow(_, listener) {
      announce = listener;
      return () => {};
    },
  };
  const onMarks = {
    advanced: (...[, , isWhole, marks]: Parameters<MarkListener['advanced']>) =>
      void seen.push([isWhole, marks]),
    closed: (id: string) => void seen.push(`closed ${id}`),
  };
  const log = await ThreadLog.open('t', { logs: watched as LogStore, onMarks });
  log.add({ wake: () => void seen.push('woken') });
  await logs.append('t', ['["a",1]']);
  const head = await logs.open('t');
  const [batch] = (await logs.read('t', 0, LIMITS)).batches;
  const marks = [{ offset: 1, mark: 'm' }];
  announce(head, batch, false, marks);
  announce(head, undefined, false, marks);
  announce(head, batch, true);
  announce(head);
  log.close();
  expect(seen).toEqual([
    ...[[true, marks], 'woken', [true, marks], 'woken'],
    ...[[false, undefined], 'woken', [false, undefined], 'woken'],
    'closed t',
  ]);
});
