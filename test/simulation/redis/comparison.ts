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
  NotSentError,
  type RedisConnection,
  RefusedError,
  type Reply,
  type SubscriberConnection,
} from '../../../packages/server/src/stores/redis/connection.js';
import { RedisKeys } from '../../../packages/server/src/stores/redis/keys.js';
import { type Call, scriptsFor } from '../../../packages/server/src/stores/redis/script.js';
import { systemClock, systemEntropy } from '../../../packages/server/src/util/clock.js';
import { Random } from '../time/random.js';
import { RedisError, type SimReply } from './data.js';
import { RandomWork } from './random-work.js';
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
        if (real.closed) return calls.map(() => new NotSentError('The connection is closed'));
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
    // What was sent before is answered first: what is cut off could be done or not.
    close: () => pair.inTurn(() => real.close()),
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
    const work = new RandomWork(store, random);
    for (let step = 0; step < steps; step += 1) await work.step();
  } finally {
    await store.close();
  }
  await compareKeys(url, pair);
  const { compared, names, differences } = pair;
  return { compared, names: [...names], differences };
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
