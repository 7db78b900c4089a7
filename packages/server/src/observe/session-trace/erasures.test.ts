import { expect, test } from 'vitest';
import { fakeClock } from '../../../../testing/src/fake-clock.js';
import { createMemoryStore } from '../../stores/memory.js';
import { silentLogger } from '../trace.js';
import { Erasures } from './erasures.js';
import { LineWriter } from './line.js';
import type { PeerQuery } from './peers.js';
import { parseRaw } from './raw-line.js';
import { Ring } from './ring.js';

const soon = (_ms: number, fn: () => void) => {
  queueMicrotask(fn);
  return () => {};
};

function stage() {
  const clock = fakeClock();
  const ring = new Ring({ maxBytes: 1e6, maxAgeMs: 1e9, clock: { ...clock, after: soon } });
  const writer = new LineWriter('node-1', 0);
  const add = (step: string, thread_id: string) =>
    ring.append(writer.write(clock.wall(), step, { thread_id }));
  const store = createMemoryStore();
  /** What other nodes were sent, and which of them answer. */
  const told: [node: string, threads: readonly string[]][] = [];
  const answering = new Set<string>();
  let handler: (query: PeerQuery) => unknown = () => undefined;
  const erasures = new Erasures({
    lines: Object.assign(ring, { kept: 'files' }),
    store,
    peers: {
      alive: async () => ['node-2', 'node-3'],
      call: async (node, query) => {
        told.push([node, (query as PeerQuery & { threads: string[] }).threads]);
        return answering.has(node) ? true : undefined;
      },
      onCall: (_, given) => {
        handler = given;
      },
    },
    clock,
    logger: silentLogger,
  });
  const lines = async () => {
    const seen: string[] = [];
    await ring.scan((raw) => {
      const line = parseRaw(raw);
      if (line) seen.unshift(`${line.step} ${line.thread_id}`);
      return true;
    });
    return seen;
  };
  return {
    clock,
    ring,
    add,
    store,
    told,
    answering,
    erasures,
    lines,
    onQuery: (query: object) => handler(query as PeerQuery),
  };
}

test('the lines of an erased thread go within seconds, but for those that tell of the erasure and of operators', async () => {
  const { clock, add, erasures, lines, answering } = stage();
  answering.add('node-2').add('node-3');
  for (const thread of ['a', 'b']) add('run_started', thread);
  add('erase', 'a');
  add('operated', 'a');
  await erasures.add('a');
  await clock.advance(1_000);
  // The thread goes on, empty.
  add('run_started', 'a');
  await clock.advance(5_000);
  expect(await lines()).toEqual(['run_started b', 'erase a', 'operated a', 'run_started a']);
  expect(clock.pending).toBe(0);
});

test('other nodes get it again until they answer', async () => {
  const { clock, erasures, told, answering } = stage();
  answering.add('node-2');
  await erasures.add('a');
  await clock.advance(5_000);
  await erasures.add('b');
  await clock.advance(5_000);
  expect(told).toEqual([
    ['node-2', ['a']],
    ['node-3', ['a']],
    ['node-3', ['a', 'b']],
    ['node-2', ['b']],
  ]);
  answering.add('node-3');
  await clock.advance(5_000);
  expect(clock.pending).toBe(0);
});

test('a node that is gone for good is asked for some minutes', async () => {
  const { clock, erasures, answering } = stage();
  answering.add('node-2');
  await erasures.add('a');
  await clock.advance(600_000);
  expect(clock.pending).toBe(0);
});

test('a node that another one asks erases, too', async () => {
  const { clock, add, lines, onQuery } = stage();
  add('run_started', 'a');
  expect(onQuery({ threads: ['a'] })).toBe(true);
  await clock.advance(5_000);
  expect(await lines()).toEqual([]);
});

test('a start erases what was erased while no process was there', async () => {
  const { clock, add, store, erasures, lines } = stage();
  for (const thread of ['a', 'b']) {
    await store.logs.append(thread, ['["note",1]']);
    add('run_started', thread);
  }
  await store.logs.delete('a');
  await erasures.catchUp();
  // The erasure has the time of the store's clock, which is not the fake one.
  await clock.advance(5_000);
  expect(await lines()).toEqual(['run_started b']);
});

test('an erasure that fails is tried again', async () => {
  const { clock, ring, add, erasures, lines } = stage();
  add('run_started', 'a');
  const { erase } = ring;
  ring.erase = async () => {
    throw new Error('EIO');
  };
  await erasures.add('a');
  await clock.advance(5_000);
  expect(await lines()).toEqual(['run_started a']);
  ring.erase = erase;
  await clock.advance(5_000);
  expect(await lines()).toEqual([]);
});

test('a stop erases what waits', async () => {
  const { clock, add, erasures, lines } = stage();
  add('run_started', 'a');
  await erasures.add('a');
  await erasures.stop();
  expect(await lines()).toEqual([]);
  await erasures.add('a');
  expect(clock.pending).toBe(0);
});
