import type { AppendOutcome, Store, ThreadHead } from '@session-monitor/server';
import { openRedisStore, type RedisStoreOptions } from '@session-monitor/server/redis';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { newRun } from '../support/records.js';
import { RedisServer } from '../support/redis-server.js';
import { range, until } from '../support/until.js';

let redis: RedisServer;
const open: Store[] = [];
let prefixes = 0;

beforeAll(async () => {
  redis = await RedisServer.start();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((store) => store.close()));
  prefixes += 1;
});
afterAll(() => redis.dispose());

/** A store on the test's Redis; those of one test share their data. */
async function openStore(options: Partial<RedisStoreOptions> = {}): Promise<Store> {
  const store = await openRedisStore({ url: redis.url, prefix: `t${prefixes}:`, ...options });
  open.push(store);
  return store;
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const event = (name: string) => JSON.stringify([name, null]);
const append = (store: Store, thread: string, ...names: readonly string[]) =>
  store.logs.append(thread, names.map(event));

async function namesOf(store: Store, thread: string): Promise<readonly string[]> {
  const { batches } = await store.logs.read(thread, 0, { maxBytes: 1e9 });
  return batches.flatMap((batch) =>
    JSON.parse(`[${batch.text()}]`).map(([name]: string[]) => name),
  );
}

test('two servers see what the other appends, in one order', async () => {
  const [one, other] = [await openStore(), await openStore()];
  const heard: ThreadHead[] = [];
  await other.logs.open('t');
  other.logs.follow('t', (head) => heard.push(head));
  await other.logs.open('t');
  await Promise.all([append(one, 't', 'a', 'b'), append(other, 't', 'c'), append(one, 't', 'd')]);
  await until('it heard of all four', () => heard.at(-1)?.offset === 4);
  expect(await namesOf(one, 't')).toEqual(await namesOf(other, 't'));
  expect(new Set(await namesOf(one, 't'))).toEqual(new Set(['a', 'b', 'c', 'd']));
});

test('small batches come with the wake-up, large ones are read', async () => {
  const [one, other] = [await openStore(), await openStore()];
  const told: (string | undefined)[] = [];
  other.logs.follow('t', (head, batch) => {
    if (head.offset > 0) told.push(batch && `${batch.first}-${batch.last}: ${batch.text()}`);
  });
  await other.logs.open('t');
  await append(one, 't', 'grüße', '漢字');
  await append(one, 't', 'x'.repeat(100_000));
  await append(one, 't', 'small');
  await until('announced', () => told.length === 3);
  expect(told).toEqual(['1-2: ["grüße",null],["漢字",null]', undefined, '4-4: ["small",null]']);
  expect((await namesOf(other, 't')).map((name) => name.length)).toEqual([5, 2, 100_000, 5]);
});

test('marks reach the followers on other servers, with small batches and with large ones, and are not stored', async () => {
  const [one, other] = [await openStore(), await openStore()];
  const seen: unknown[] = [];
  other.logs.follow('t', (_head, _batch, _diverged, marks) => seen.push(...(marks ?? [])));
  await other.logs.open('t');
  await Promise.all([
    append(one, 't', 'a', 'b'),
    one.logs.append('t', [event('c'), event('d')], { mark: 'a-mark.' }),
    one.logs.append('t', [event('e')], { message_id: 'm', mark: 'other-mark+' }),
  ]);
  await one.logs.append('t', [event('e')], { message_id: 'm', mark: 'of-a-duplicate' });
  await one.logs.append('t', [event('x'.repeat(100_000))], { mark: 'of-a-large-one' });
  await until('all have come', () => seen.length === 3);
  expect(seen).toEqual([
    { offset: 4, mark: 'a-mark.' },
    { offset: 5, mark: 'other-mark+' },
    { offset: 6, mark: 'of-a-large-one' },
  ]);
  const stored = String(await redis.call('XRANGE', `t${prefixes}:{t}:log`, '-', '+'));
  expect(stored).toContain('["e",null]');
  expect(stored).not.toContain('mark');
});

test('what an append costs Redis does not depend on nodes that do not follow the thread', async () => {
  const one = await openStore();
  await append(one, 'warm', 'a');
  const commandsFor = async (appends: number) => {
    const figure = async () =>
      Number(/total_commands_processed:(\d+)/.exec(String(await redis.call('INFO', 'stats')))?.[1]);
    const output = async () =>
      Number(/total_net_output_bytes:(\d+)/.exec(String(await redis.call('INFO', 'stats')))?.[1]);
    const [commands, bytes] = [await figure(), await output()];
    for (let n = 0; n < appends; n += 1) await append(one, 'busy', `event ${n}`);
    return [(await figure()) - commands, (await output()) - bytes] as const;
  };
  const EVENTS = 300;
  const [alone, aloneBytes] = await commandsFor(EVENTS);
  for (let n = 0; n < 6; n += 1) {
    const other = await openStore();
    other.logs.follow(`quiet-${n}`, () => {});
    await other.logs.open(`quiet-${n}`);
  }
  const [amongOthers, bytes] = await commandsFor(EVENTS);
  // Each of the six checks its logs now and then. One check for each event would be six times as many.
  expect(amongOthers).toBeLessThan(alone + EVENTS);
  expect(bytes).toBeLessThan(aloneBytes * 1.2 + 20_000);
});

test('what Redis refuses for one log does not affect the others in the same script', async () => {
  const store = await openStore();
  await append(store, 'damaged', 'a');
  const keys = (await redis.call('KEYS', '*damaged*')) as string[];
  for (const key of keys) {
    await redis.call('DEL', key);
    await redis.call('SET', key, 'no log');
  }
  const [damaged, whole] = await Promise.allSettled([
    append(store, 'damaged', 'b'),
    append(store, 'whole', 'c'),
  ]);
  expect(damaged).toMatchObject({
    status: 'rejected',
    reason: { code: 'ERR_STORE_UNAVAILABLE', message: expect.stringMatching(/WRONGTYPE/) },
  });
  expect(whole).toMatchObject({ status: 'fulfilled' });
  expect(await namesOf(store, 'whole')).toEqual(['c']);
  for (const key of keys) await redis.call('DEL', key);
});

test('a check of the head makes up for a lost wake-up', async () => {
  const [one, other] = [await openStore(), await openStore()];
  const heard: number[] = [];
  other.logs.follow('t', (head) => heard.push(head.offset));
  await other.logs.open('t');
  const clients = String(await redis.call('CLIENT', 'LIST'));
  const listening = clients.split('\n').filter((line) => / sub=[1-9]/.test(line));
  expect(listening).toHaveLength(1);
  const id = /id=(\d+)/.exec(listening[0] ?? '')?.[1] ?? '';
  await redis.call('CLIENT', 'KILL', 'ID', id);
  await append(one, 't', 'a');
  await until('it heard', () => heard.at(-1) === 1);
});

test('confirmed events survive a SIGKILL of Redis, and waiting appends complete', async () => {
  const store = await openStore();
  const heard: number[] = [];
  store.logs.follow('t', (head) => heard.push(head.offset));
  await store.logs.open('t');
  await append(store, 't', 'before');
  const outcomes: Promise<AppendOutcome>[] = [];
  for (let n = 1; n <= 20; n += 1) {
    outcomes.push(append(store, 't', `${n}`));
    if (n === 10) await redis.kill();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await redis.restart();
  const settled = await Promise.all(outcomes);
  expect(settled.map(({ outcome }) => outcome)).toEqual(settled.map(() => 'appended'));
  const expected = ['before', ...range(1, 20).map(String)];
  expect(await namesOf(store, 't')).toEqual(expected);
  expect(heard.at(-1)).toBe(21);
});

test('without Redis a publish fails after its waiting time and leaves nothing behind', async () => {
  const store = await openStore({ waitMs: 300 });
  await append(store, 't', 'a');
  await redis.kill();
  try {
    const error = await append(store, 't', 'b').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    await expect(store.logs.read('t', 0, { maxBytes: 1 })).rejects.toMatchObject({
      code: 'ERR_STORE_UNAVAILABLE',
    });
  } finally {
    await redis.restart();
  }
  await until('it goes on', () => append(store, 't', 'c').catch(() => undefined));
  // Reads have a separate connection, which reconnects by itself.
  const names = await until('it reads', () => namesOf(store, 't').catch(() => undefined));
  expect(names).toEqual(['a', 'c']);
});

test('a Redis without memory refuses what grows it, as a full disk does, and serves reads', async () => {
  const store = await openStore();
  await append(store, 't', 'a');
  expect(store.space?.isFull).toBe(false);
  let refusals = 0;
  const stop = store.space?.onRefusal(() => {
    refusals += 1;
  });
  await redis.call('CONFIG', 'SET', 'maxmemory', '1');
  try {
    await expect(append(store, 't', 'b')).rejects.toMatchObject({
      code: 'ERR_REFUSED',
      fault: { code: 'storage_full', retryable: true },
    });
    expect(await namesOf(store, 't')).toEqual(['a']);
    expect([store.space?.isFull, refusals]).toEqual([true, 1]);
  } finally {
    stop?.();
    await redis.call('CONFIG', 'SET', 'maxmemory', '0');
  }
  await append(store, 't', 'c');
  expect(await namesOf(store, 't')).toEqual(['a', 'c']);
});

test('an unsafe Redis is refused with all problems, and each can be waived', async () => {
  const config = { appendonly: 'no', 'maxmemory-policy': 'allkeys-lru' };
  const unsafe = await RedisServer.start({ appendfsync: 'everysec', config });
  try {
    const refused = await openStore({ url: unsafe.url, replicas: 1 }).catch((error) => error);
    expect(refused).toMatchObject({ code: 'ERR_CONFIG' });
    const { message } = refused as Error;
    for (const named of ['appendonly is no', 'appendfsync is everysec', 'allkeys-lru']) {
      expect(message).toContain(named);
    }
    expect(message).toContain('REDIS_WAIVE=replicas,appendonly,appendfsync,eviction');
    const warned: string[] = [];
    const logger = { ...SILENT, warn: (_: object, text: string) => void warned.push(text) };
    const waive = ['appendonly', 'appendfsync', 'eviction'] as const;
    const store = await openStore({ url: unsafe.url, waive, logger });
    expect(warned).toHaveLength(3);
    expect((await append(store, 't', 'a')).outcome).toBe('appended');
  } finally {
    await Promise.all(open.splice(0).map((store) => store.close()));
    await unsafe.dispose();
  }
});

test('a user without a needed permission is refused with the name of the command', async () => {
  await redis.call('ACL', 'SETUSER', 'weak', 'on', '>pw', '~*', '&*', '+@all', '-xadd');
  const url = `redis://weak:pw@127.0.0.1:${redis.port}`;
  const refused = await openStore({ url }).catch((error) => error);
  expect(refused).toMatchObject({ code: 'ERR_CONFIG' });
  expect((refused as Error).message).toMatch(/permissions: Our user may not use XADD\./);
  const wrong = openStore({ url: url.replace(':pw@', ':no@'), waitMs: 1_000 });
  await expect(wrong).rejects.toMatchObject({
    code: 'ERR_STORE_UNAVAILABLE',
    message: expect.stringContaining('WRONGPASS'),
  });
  const unreachable = openStore({ url: 'redis://127.0.0.1:1', waitMs: 1_000 });
  await expect(unreachable).rejects.toThrow('ECONNREFUSED');
});

test('malformed messages on a channel are reported and change nothing', async () => {
  const reported: string[] = [];
  const logger = { ...SILENT, error: (_: object, text: string) => void reported.push(text) };
  const store = await openStore({ logger });
  store.nodes?.onEphemeral((_, message) => JSON.parse(message));
  store.logs.follow('t', () => {});
  await store.logs.open('t');
  await redis.call('PUBLISH', `t${prefixes}:{t}:wake`, 'another ~{');
  await redis.call('PUBLISH', `t${prefixes}:{t}:wake`, '');
  await until('it is reported', () => reported.length === 1);
  expect((await append(store, 't', 'a')).outcome).toBe('appended');
});

test('data of another format are refused', async () => {
  await redis.call('SET', `t${prefixes}:format`, '99');
  await expect(openStore()).rejects.toMatchObject({ code: 'ERR_STORE_FORMAT' });
});

test('a touch that moves no thread writes nothing to the list', async () => {
  const store = await openStore();
  const touch = { user_id: 'ann', title: 'A' };
  const writes = async () => {
    const stats = String(await redis.call('INFO', 'commandstats'));
    const calls = (name: string) =>
      Number(RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
    return calls('zadd');
  };
  await store.logs.append('t', [event('a')], { touch });
  const before = await writes();
  for (const n of [1, 2, 3]) await store.logs.append('t', [event(`${n}`)], { touch });
  expect(await writes()).toBe(before);
  await store.logs.append('t', [event('moves')], { touch: { active: true } });
  // One entry in the list of all, one in the owner's list, and none of the first thread.
  expect(await writes()).toBe(before + 2);
});

test('a list and the clean-up correct places that lag', async () => {
  const store = await openStore();
  const list = () => store.threads.list({ limit: 10 });
  const owned = () => store.threads.list({ user_id: 'ann', limit: 10 });
  for (const thread of ['a', 'b', 'c']) {
    await store.logs.append(thread, [event('1')], { touch: { user_id: 'ann' } });
  }
  const entries = await list();
  const all = `t${prefixes}:list`;
  const keys = (await redis.call('KEYS', `${all}*`)) as string[];
  expect(keys).toHaveLength(2);
  // An erased thread, one whose place is too new, and one whose place is too old.
  for (const key of keys) {
    await redis.call('ZADD', key, Date.now() + 60_000, 'erased', Date.now() + 60_000, 'a');
    await redis.call('ZADD', key, 1, 'b');
  }
  expect(await list()).toEqual(entries);
  expect(await owned()).toEqual(entries);
  for (const key of keys) {
    expect(await redis.call('ZSCORE', key, 'erased')).toBe(null);
    expect(await redis.call('ZCARD', key)).toBe(3);
  }
  // The clean-up finds missing places.
  for (const key of keys) await redis.call('DEL', key);
  await redis.call('ZADD', all, 5, 'never-there');
  expect(await list()).toEqual([]);
  await store.threads.mend?.(['a', 'b', 'c', 'c~run.private', 'never-there']);
  expect(await list()).toEqual(entries);
  expect(await owned()).toEqual(entries);
  expect(await redis.call('ZSCORE', all, 'never-there')).toBe(null);
  await redis.call('ZADD', all, Date.now() + 60_000, 'a');
  await store.threads.mend?.(['a']);
  expect(await list()).toEqual(entries);

  // An erasure was cut short before the thread had left the lists.
  await store.logs.delete('a');
  const head = `t${prefixes}:{a}:head`;
  const [ownedKey = ''] = keys.filter((key) => key !== all);
  expect(await redis.call('HEXISTS', head, 'lx')).toBe(0);
  for (const key of keys) await redis.call('ZADD', key, 5, 'a');
  await redis.call('HSET', head, 'lx', ` ${ownedKey.slice(`${all}:`.length)}`);
  await store.threads.mend?.(['a']);
  for (const key of keys) expect(await redis.call('ZSCORE', key, 'a')).toBe(null);
  expect(await redis.call('HEXISTS', head, 'lx')).toBe(0);
});

test('a run that an earlier version has ended does not count as running', async () => {
  const store = await openStore();
  const run = newRun('run');
  const fence = { run_id: 'run', token: 1, start: run };
  await store.logs.append('t', [event('1')], { fence, touch: {} });
  expect(await store.threads.get('t')).toMatchObject({ running: true });
  // The earlier version stores the run's state, and does not update the set of open runs.
  await redis.call('HSET', `t${prefixes}:{t}:runs`, 's:run', '1 completed 0 5');
  expect(await store.threads.get('t')).toMatchObject({ running: false });
  await store.runs.remove(run);
  expect(await redis.call('EXISTS', `t${prefixes}:{t}:runs`)).toBe(0);
});
