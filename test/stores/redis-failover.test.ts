import type { Store } from '@session-monitor/server';
import { openRedisStore, type RedisStoreOptions } from '@session-monitor/server/redis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FaultProxy } from '../support/fault-proxy.js';
import { newRun } from '../support/records.js';
import { RedisServer } from '../support/redis-server.js';
import { pause, times, until } from '../support/until.js';

let primary: RedisServer;
let replica: RedisServer;
let proxy: FaultProxy;
const open: Store[] = [];

beforeEach(async () => {
  primary = await RedisServer.start({ appendfsync: 'no' });
  replica = await RedisServer.start({ appendfsync: 'no', replicaOf: primary });
  proxy = await FaultProxy.to(primary.port);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((store) => store.close()));
  await proxy.close();
  await Promise.all([primary.dispose(), replica.dispose()]);
});

/** A store that connects to the server behind the proxy. */
async function openStore(options: Partial<RedisStoreOptions> = {}): Promise<Store> {
  const url = proxy.url.replace('http:', 'redis:');
  const store = await openRedisStore({ url, waive: ['appendfsync'], ...options });
  open.push(store);
  return store;
}

/** The replica takes over, with what it has. */
async function failOver(): Promise<void> {
  await primary.kill();
  await replica.call('REPLICAOF', 'NO', 'ONE');
  proxy.retarget(replica.port);
  proxy.cut();
}

const append = (store: Store, name: string, message_id?: string) =>
  store.logs.append('t', [JSON.stringify([name, null])], message_id ? { message_id } : {});

async function namesOf(store: Store): Promise<readonly string[]> {
  const { batches } = await store.logs.read('t', 0, { maxBytes: 1e9 });
  return batches.flatMap((batch) =>
    JSON.parse(`[${batch.text()}]`).map(([name]: string[]) => name),
  );
}

describe.each([
  { replicas: 0, how: 'by one Redis' },
  { replicas: 1, how: 'by a replica, too' },
])('an append that is confirmed $how', ({ replicas }) => {
  test('whose answer is lost is found, not repeated', async () => {
    const store = await openStore({ replicas });
    await append(store, 'first');
    for (const round of times(5, (index) => index)) {
      proxy.stall();
      const run_id = `run-${round}`;
      const pending = Promise.all([
        append(store, `plain ${round}`),
        append(store, `named ${round}`, `m${round}`),
        append(store, `again ${round}`, `m${round}`),
        store.logs.append('t', ['["started",null]'], {
          fence: { run_id, token: 1, start: newRun(run_id) },
        }),
        store.logs.append('t', ['["fenced",null]'], { fence: { run_id, token: 7 } }),
      ]);
      await until('Redis has it', async () => (await lengthAt(primary)) === round + 2);
      proxy.cut();
      const outcomes = (await pending).map(({ outcome }) => outcome);
      expect(outcomes).toEqual(['appended', 'appended', 'duplicate', 'appended', 'fenced']);
    }
    expect(await namesOf(store)).toEqual([
      'first',
      ...times(5, (round) => [`plain ${round}`, `named ${round}`, 'started']).flat(),
    ]);
  });
});

test('what a replica has confirmed survives the primary, and no reader has to start over', async () => {
  const store = await openStore({ replicas: 1 });
  const told: [number, boolean][] = [];
  store.logs.follow('t', (head, _batch, diverged) => told.push([head.offset, diverged ?? false]));
  await store.logs.open('t');
  const names = times(30, (n) => `${n}`);
  const outcomes = [];
  for (const name of names) {
    outcomes.push(append(store, name));
    if (name === '15') await failOver();
    await pause(2);
  }
  // The old primary's replica is alone now: what waits is confirmed once it has one again.
  const heir = await RedisServer.start({ appendfsync: 'no', replicaOf: replica });
  try {
    const settled = await Promise.all(outcomes);
    expect(new Set(settled.map(({ outcome }) => outcome))).toEqual(new Set(['appended']));
    expect(await namesOf(store)).toEqual(names);
    expect(told.at(-1)).toEqual([30, false]);
    expect(told.some(([, diverged]) => diverged)).toBe(false);
  } finally {
    await Promise.all(open.splice(0).map((each) => each.close()));
    await heir.dispose();
  }
});

test('events that no replica has confirmed stay hidden until a replica is back', async () => {
  const [store, other] = [await openStore({ replicas: 1, waitMs: 1_500 }), await openStore()];
  const told: number[] = [];
  const marked: unknown[] = [];
  other.logs.follow('t', (head, _batch, _diverged, marks) => {
    told.push(head.offset);
    marked.push(...(marks ?? []));
  });
  await other.logs.open('t');
  await store.logs.append('t', ['["seen",null]'], { mark: 'a-mark' });
  await until('announced', () => told.at(-1) === 1);
  expect(marked).toEqual([{ offset: 1, mark: 'a-mark' }]);
  replica.signal('SIGSTOP');
  const outcome = await append(store, 'unseen');
  expect(outcome.outcome).toBe('unknown');
  expect(await namesOf(other)).toEqual(['seen']);
  expect((await other.logs.head('t'))?.offset).toBe(1);
  expect(told.at(-1)).toBe(1);
  replica.signal('SIGCONT');
  // The appending call has given up. The check that every server makes of its logs finds the batch.
  await append(store, 'next');
  await until('both announced', () => told.at(-1) === 3);
  expect(await namesOf(other)).toEqual(['seen', 'unseen', 'next']);
});

test('a failover that loses the end of a log is reported to its readers', async () => {
  const store = await openStore();
  const told: [number, boolean][] = [];
  store.logs.follow('t', (head, _batch, diverged) => told.push([head.offset, diverged ?? false]));
  await store.logs.open('t');
  for (const n of times(5, (index) => index)) await append(store, `kept ${n}`);
  const { tag: kept } = await store.logs.locate('t', 5);
  await until('the replica has it', async () => (await lengthAt(replica)) === 5);
  await replica.call('REPLICAOF', 'NO', 'ONE');
  for (const n of times(5, (index) => index)) await append(store, `lost ${n}`);
  const { tag: lost } = await store.logs.locate('t', 10);
  await failOver();
  // A follower that subscribes again also receives the head once more.
  const loss = await until('loss reported', () => told.find(([, diverged]) => diverged));
  expect(loss).toEqual([5, true]);
  for (const n of times(5, (index) => index)) await append(store, `new ${n}`);
  expect((await store.logs.locate('t', 5)).tag).toBe(kept);
  expect((await store.logs.locate('t', 10)).tag).not.toBe(lost);
  expect(told.at(-1)).toEqual([10, false]);
});

test('a message that no replica has confirmed is no duplicate yet, whichever node gets it again', async () => {
  const options = { replicas: 1, waitMs: 1_500 };
  const [store, other] = [await openStore(options), await openStore(options)];
  await append(store, 'seen');
  replica.signal('SIGSTOP');
  expect((await append(store, 'named', 'm-1')).outcome).toBe('unknown');
  expect((await append(other, 'named', 'm-1')).outcome).toBe('unknown');
  replica.signal('SIGCONT');
  expect((await append(other, 'named', 'm-1')).outcome).toBe('duplicate');
  expect(await namesOf(store)).toEqual(['seen', 'named']);
});

test('a log that a failover has lost as a whole is begun again, and its readers learn of it', async () => {
  const store = await openStore();
  const told: (readonly [epoch: string, offset: number])[] = [];
  store.logs.follow('t', ({ epoch, offset }) => told.push([epoch, offset]));
  const { epoch } = await store.logs.open('t');
  await append(store, 'lost');
  await until('announced', () => told.at(-1)?.[1] === 1);
  // What a replica has that has got nothing yet.
  await primary.call('FLUSHALL');
  await until('the readers learn of it', () => told.at(-1)?.[1] === 0);
  expect(told.at(-1)?.[0]).not.toBe(epoch);
  await append(store, 'new');
  expect(await namesOf(store)).toEqual(['new']);
});

const lengthAt = async (server: RedisServer): Promise<number> =>
  Number(await server.call('XLEN', 'sm:{t}:log'));
