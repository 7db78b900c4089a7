/** What a pump reports to a trace, and what a trace may ask of it. */

import { beforeEach, expect, test } from 'vitest';
import { createMemoryStore } from '../stores/memory.js';
import type { Store } from '../stores/store.js';
import { pumpFrom, settled, TestLink, THREAD } from './pump.fixture.js';
import type { Pacer } from './pump.js';
import { ThreadLog } from './thread-log.js';

let store: Store;
let log: ThreadLog;
let link: TestLink;

beforeEach(async () => {
  store = createMemoryStore();
  log = await ThreadLog.open(THREAD, { logs: store.logs });
  link = new TestLink();
});

const publish = async () => {
  await store.logs.append(THREAD, ['["e",null]']);
  await settled();
};

test('a trace may ask for an acknowledgement, and the pace stays as it is without', async () => {
  const owed: (number | undefined)[] = [];
  const pacer: Pacer = {
    now: () => 1_000,
    windowMs(askedAt) {
      owed.push(askedAt);
      return 0;
    },
    wakeAt: () => {},
  };
  const watch = { onFrame: ({ offset }: { readonly offset: number }) => offset === 2 };
  pumpFrom(0, { log, link, errors: [], pacer, watch }).start();
  for (const _ of [1, 2, 3]) await publish();
  expect(link.frames.map(({ offset, ack }) => [offset, ack])).toEqual([
    [1, false],
    [2, true],
    [3, false],
  ]);
  expect(owed.length).toBeGreaterThan(3);
  expect(new Set(owed)).toEqual(new Set([undefined]));
});

test('an acknowledgement is reported if it is news, and the stop once', async () => {
  const seen: unknown[] = [];
  const watch = {
    onAcknowledged: (_epoch: string, offset: number) => void seen.push(offset),
    onStop: () => void seen.push('stopped'),
  };
  const pump = pumpFrom(0, { log, link, errors: [], watch });
  pump.start();
  for (const _ of [1, 2, 3]) await publish();
  const { epoch } = log.head;
  for (const offset of [2, 2, 1]) pump.acknowledge(epoch, offset);
  pump.acknowledge('another', 3);
  pump.acknowledge(epoch, 99);
  pump.stop();
  pump.stop();
  expect(seen).toEqual([2, 3, 'stopped']);
});
