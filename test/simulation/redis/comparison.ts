/**
 * Holds the model of Redis against a real one: a store does random work, and each of its commands goes to both. Every
 * reply must be the same, and every key in the end.
 */

import { Redis } from 'ioredis';
import { silentLogger } from '../../../packages/server/src/observe/trace.js';
import { readAddress } from '../../../packages/server/src/stores/redis/address.js';
import { assembleStore } from '../../../packages/server/src/stores/redis/assemble.js';
import { connect, connectToWake } from '../../../packages/server/src/stores/redis/connect.js';
import {
  type RedisConnection,
  RefusedError,
  type Reply,
  type SubscriberConnection,
} from '../../../packages/server/src/stores/redis/connection.js';
import { RedisKeys } from '../../../packages/server/src/stores/redis/keys.js';
import { type Call, scriptsFor } from '../../../packages/server/src/stores/redis/script.js';
import type { SessionRecord, Store } from '../../../packages/server/src/stores/store.js';
import { systemClock, systemEntropy } from '../../../packages/server/src/util/clock.js';
import { Random } from '../time/random.js';
import { RedisError, type SimReply } from './data.js';
import { RedisServer } from './server.js';

export interface Comparison {
  /** Commands whose replies were compared. */
  readonly compared: number;
  /** Names of the commands and scripts that were compared. */
  readonly names: readonly string[];
  readonly differences: readonly string[];
}

/** A set has no order. */
const UNORDERED = new Set(['SMEMBERS']);
/** How often the answer to a command is lost, so that the store repeats it. */
const LOST_ANSWERS = 0.05;
/** Longer than the pause before a command is repeated. */
const SETTLED_MS = 100;

/** Both servers, and one command after another. */
class Pair {
  readonly nodes = new RedisKeys('sm:').nodes;
  readonly differences: string[] = [];
  readonly names = new Set<string>();
  readonly model = new RedisServer(() => Date.now());
  compared = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` when everything that was asked before has been done. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  /** Resolves when what runs beside the steps is done, too: a command that was cut off could be done or not. */
  async settled(): Promise<void> {
    for (let last: unknown; last !== this.#last; ) {
      last = this.#last;
      await last;
      await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
    }
  }

  load(lua: string): void {
    this.model.load(lua);
  }

  compare(call: Call, real: Reply | Error): void {
    const [name = '', ...args] = call;
    const [model, found] = [this.#modelled(name, args), plain(real)].map((reply) =>
      UNORDERED.has(name) && Array.isArray(reply) ? reply.toSorted() : reply,
    );
    const shown = name === 'EVALSHA' ? `script ${call[1]?.slice(0, 8)}` : name;
    this.compared += 1;
    this.names.add(name === 'EVALSHA' ? (call[1] ?? '') : name);
    if (JSON.stringify(model) === JSON.stringify(found)) return;
    this.differences.push(
      `${shown} ${call.slice(2).join(' ').slice(0, 300)}: Redis ${JSON.stringify(found)}, model ${JSON.stringify(model)}`,
    );
  }

  #modelled(name: string, args: readonly string[]): unknown {
    try {
      return plainModel(this.model.run(name, args.map(bytesOf)));
    } catch (error) {
      if (error instanceof RedisError) return { error: codeOf(error) };
      throw error;
    }
  }
}

const bytesOf = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const codeOf = ({ message }: Error): string => message.split(' ', 1)[0] ?? '';

const plain = (reply: Reply | Error): unknown => {
  if (reply instanceof RefusedError) return { error: codeOf(reply) };
  if (reply instanceof Error) throw reply;
  if (Buffer.isBuffer(reply)) return reply.toString('latin1');
  return Array.isArray(reply)
    ? reply.map(plain)
    : typeof reply === 'string'
      ? bytesOf(reply)
      : reply;
};

const plainModel = (reply: SimReply): unknown => {
  if (reply === null || typeof reply !== 'object') return reply;
  return 'status' in reply ? reply.status : reply.map(plainModel);
};

/** A connection to both. */
function doubled(real: RedisConnection, pair: Pair, random: Random): RedisConnection {
  return {
    get ready() {
      return real.ready;
    },
    get closed() {
      return real.closed;
    },
    send: (calls) =>
      pair.inTurn(async () => {
        const replies = await real.send(calls);
        replies.forEach((reply, index) => {
          pair.compare(calls[index] ?? [], reply);
        });
        return random.chance(LOST_ANSWERS) ? calls.map(() => new Error('lost')) : replies;
      }),
    load: (lua) =>
      pair.inTurn(async () => {
        pair.load(lua);
        await real.load(lua);
      }),
    on: (event, listener) => real.on(event, listener),
    onError: (listener) => real.onError(listener),
    close: () => real.close(),
  };
}

function doubledWake(real: SubscriberConnection, pair: Pair): SubscriberConnection {
  const ears = { deliver: () => {} };
  return {
    get ready() {
      return real.ready;
    },
    on: (event, listener) => real.on(event, listener),
    onError: (listener) => real.onError(listener),
    onMessage: (listener) => real.onMessage(listener),
    close: () => real.close(),
    probe: () => {},
    subscribe: (channel) =>
      pair.inTurn(async () => {
        await real.subscribe(channel);
        pair.model.subscribe(bytesOf(channel), ears);
      }),
    unsubscribe: (channel) =>
      pair.inTurn(async () => {
        await real.unsubscribe(channel);
        pair.model.unsubscribe(bytesOf(channel), ears);
      }),
  };
}

/** Does `steps` random steps on an empty Redis. */
export async function compare(url: string, seed: number, steps: number): Promise<Comparison> {
  const random = new Random(seed);
  const pair = new Pair();
  const address = readAddress(url);
  const deps = (name: string) => ({ address, name, clock: systemClock, entropy: systemEntropy });
  const lossy = random.fork('lost answers');
  const store = assembleStore({
    connections: {
      reads: doubled(connect(deps('reads')), pair, lossy),
      writes: doubled(connect(deps('writes')), pair, lossy),
      appends: doubled(connect(deps('appends')), pair, lossy),
      wake: doubledWake(connectToWake(deps('wake')), pair),
    },
    keys: new RedisKeys('sm:'),
    scripts: scriptsFor(false),
    clustered: false,
    origin: 'here',
    replicas: 0,
    waitMs: 5_000,
    clock: systemClock,
    entropy: systemEntropy,
    logger: silentLogger,
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    pause: () => undefined,
  });
  try {
    const worker = new Worker(store, random);
    for (let step = 0; step < steps; step += 1) await worker.step();
    await pair.settled();
  } finally {
    await store.close();
  }
  await compareKeys(url, pair);
  const { compared, names, differences } = pair;
  return { compared, names: [...names], differences };
}

const THREADS = ['one', 'zwei-ü', 'three'] as const;
const USERS = ['anna', 'böll'] as const;

/** Random work on a store. Each step is awaited. */
class Worker {
  readonly #store: Store;
  readonly #random: Random;
  readonly #unfollow = new Map<string, () => void>();
  #count = 0;

  constructor(store: Store, random: Random) {
    this.#store = store;
    this.#random = random;
  }

  async step(): Promise<void> {
    const random = this.#random;
    const work = random.pick([
      () => this.#append(),
      () => this.#append(),
      () => this.#append(),
      () => this.#log(),
      () => this.#session(),
      () => this.#run(),
      () => this.#list(),
      () => this.#node(),
    ]);
    await work();
  }

  #append(): Promise<unknown> {
    const random = this.#random;
    const thread = random.pick(THREADS);
    const events = Array.from({ length: random.int(1, 4) }, () => {
      this.#count += 1;
      return JSON.stringify(['message', { n: this.#count, text: 'ä€😀'.repeat(random.int(0, 3)) }]);
    });
    const run_id = `run-${random.int(1, 4)}`;
    const named = random.chance(0.5) ? { message_id: `m-${random.int(1, 20)}` } : {};
    const touch = { active: random.chance(0.5), user_id: random.pick(USERS), title: 'Ein Titel' };
    const fences = [
      {},
      { fence: { run_id, token: random.int(1, 2) } },
      { fence: { run_id, token: random.int(1, 2), finish: 'completed' as const } },
      { fence: { run_id, token: 1, start: this.#newRun(thread, run_id) } },
    ] as const;
    const options = { ...named, ...random.pick(fences), ...(random.chance(0.3) && { touch }) };
    return this.#store.logs.append(thread, events, options);
  }

  #newRun(thread_id: string, run_id: string) {
    const lease_until = Date.now() + 60_000;
    const asked = { user_input: 'Was?', user_id: null, node: 'node-1', message_id: run_id };
    const placed = { run_id, thread_id, log_id: thread_id, cursor: 'e.0.0', begun_at: Date.now() };
    return { ...asked, ...placed, lease_until, started_at: Date.now() } as never;
  }

  async #log(): Promise<void> {
    const random = this.#random;
    const { logs } = this.#store;
    const thread = random.pick(THREADS);
    const head = await logs.head(thread);
    const offset = random.int(0, (head?.offset ?? 0) + 1);
    await random.pick([
      async () => {
        if (this.#unfollow.has(thread)) return;
        this.#unfollow.set(
          thread,
          logs.follow(thread, () => {}),
        );
        await logs.open(thread);
      },
      async () => this.#stopFollowing(thread),
      () => logs.read(thread, offset, { maxBytes: random.pick([10, 400, 100_000]) }),
      () => logs.read(thread, offset, { maxBytes: 100_000, compacted: true }),
      () => logs.locate(thread, offset),
      () => logs.trim(thread, { maxEvents: random.int(0, 30) }, random.pick([2, 100])),
      () => logs.trim(thread, { maxAgeMs: random.pick([0, 1_000_000]) }, 100),
      () => logs.trim(thread, { maxBytes: random.int(0, 2_000) }, 100),
      async () => {
        if (!head || head.offset < 2) return;
        const first = random.int(1, head.offset - 1);
        const last = random.int(first + 1, head.offset);
        await logs.compact(thread, head.epoch, [{ first, last, event: '["message",{"ö":1}]' }]);
      },
      async () => {
        if (random.chance(0.2)) await logs.delete(thread);
      },
      async () => {
        if (random.chance(0.2)) await logs.forget(thread);
      },
      () => logs.forgetIdle(thread, Date.now() + 1_000),
      () => logs.threads('', 10),
    ])();
  }

  #stopFollowing(thread: string): void {
    this.#unfollow.get(thread)?.();
    this.#unfollow.delete(thread);
  }

  async #session(): Promise<void> {
    const random = this.#random;
    const { sessions } = this.#store;
    const session_id = `session-${random.int(1, 12)}`;
    const known = await sessions.get(session_id);
    const generation = (known?.generation ?? 0) + 1;
    const state = random.pick(['connected', 'disconnected', 'expired'] as const);
    const due_at = random.chance(0.5) ? null : Date.now() + random.int(-1_000, 1_000);
    const record = { session_id, generation, state, due_at, thread_id: random.pick(THREADS) };
    const expected = random.chance(0.8) ? generation - 1 : generation;
    await random.pick([
      () => sessions.put({ ...record, since: Date.now() } as unknown as SessionRecord, expected),
      () => sessions.remove(session_id, expected),
      () => sessions.due(Date.now(), 5),
      () => sessions.list('', 5),
      () => sessions.ofThread(record.thread_id, '', 5),
      () => sessions.counts(),
    ])();
  }

  async #run(): Promise<void> {
    const random = this.#random;
    const { runs } = this.#store;
    const [run_id, thread_id] = [`run-${random.int(1, 4)}`, random.pick(THREADS)];
    const run = { run_id, thread_id };
    await random.pick([
      () => runs.start(this.#newRun(thread_id, run_id)),
      () => runs.get(run),
      () => runs.takeOver(run),
      () => runs.renew(run, random.int(1, 2), Date.now() + 60_000),
      () => runs.open(),
      () => runs.ofThread(thread_id, '', 10),
      () => runs.remove(run),
      () => runs.prune(Date.now() + 1, 2),
    ])();
  }

  async #list(): Promise<void> {
    const random = this.#random;
    const { threads } = this.#store;
    const thread = random.pick(THREADS);
    await random.pick([
      () => threads.get(thread),
      () => threads.list({ limit: 5 } as never),
      () => threads.list({ user_id: random.pick(USERS), limit: 5 } as never),
      () => threads.update(thread, { title: random.pick(['Neu', null]) }),
      () => threads.update(thread, { user_id: random.pick([...USERS, null]) }),
      () => threads.update(thread, { metadata: { a: random.int(1, 9) } }),
      () => threads.mend?.([...THREADS]) ?? Promise.resolve(),
    ])();
  }

  async #node(): Promise<void> {
    const random = this.#random;
    const { nodes } = this.#store;
    const node = `node-${random.int(1, 3)}`;
    await random.pick([
      () => nodes?.beat(node, 100_000),
      () => nodes?.alive(),
      () => nodes?.lost(),
      () => nodes?.tryAcquireLease('duty', node, 100_000),
      () => nodes?.forget(node),
      () => nodes?.publishEphemeral(random.pick(THREADS), '{}'),
    ])();
  }
}

/** Compares what both hold. */
async function compareKeys(url: string, pair: Pair): Promise<void> {
  const redis = new Redis(url, { protocol: 2 });
  try {
    const keys = (await redis.keysBuffer('*')).map((key) => key.toString('latin1')).sort();
    const modelled = [...pair.model.data.keys()].sort();
    if (keys.join() !== modelled.join()) {
      pair.differences.push(`the keys are ${keys}, in the model ${modelled}`);
    }
    for (const key of keys) {
      const name = Buffer.from(key, 'latin1');
      const text = (values: readonly (Buffer | string)[]) =>
        values.map((each) => (typeof each === 'string' ? each : each.toString('latin1')));
      const type = await redis.type(name);
      const ttl = (await redis.pttl(name)) > 0;
      if (type === 'hash') {
        const fields = text((await redis.callBuffer('HGETALL', name)) as Buffer[]);
        const model = [...(pair.model.data.hash(key) ?? [])].flat();
        same(pair, key, inPairs(fields), inPairs(model));
      } else if (type === 'zset') {
        // When a heartbeat lapses comes from the clock of each.
        const scores = key === pair.nodes ? [] : ['WITHSCORES'];
        const real = (await redis.callBuffer('ZRANGE', name, 0, -1, ...scores)) as Buffer[];
        const model = pair.model.run('ZRANGEBYSCORE', [key, '-inf', '+inf', ...scores]);
        same(pair, key, text(real), model);
      } else if (type === 'stream') {
        const real = plain((await redis.callBuffer('XRANGE', name, '-', '+')) as Reply);
        same(pair, key, real, pair.model.run('XRANGE', [key, '-', '+']));
      } else if (type === 'set') {
        const real = text(await redis.smembersBuffer(name)).sort();
        same(pair, key, real, [...(pair.model.run('SMEMBERS', [key]) as string[])].sort());
      } else same(pair, key, bytesOf((await redis.get(name)) ?? ''), pair.model.run('GET', [key]));
      same(pair, `the time to live of ${key}`, ttl, pair.model.data.expires(key));
    }
  } finally {
    redis.disconnect();
  }
}

function inPairs(flat: readonly string[]): readonly string[] {
  const pairs: string[] = [];
  for (let at = 0; at < flat.length; at += 2) pairs.push(`${flat[at]}=${flat[at + 1]}`);
  return pairs.sort();
}

function same(pair: Pair, what: string, real: unknown, model: unknown): void {
  pair.compared += 1;
  const [one, other] = [JSON.stringify(real), JSON.stringify(model)];
  if (one !== other) pair.differences.push(`${what}: Redis ${one}, model ${other}`);
}
