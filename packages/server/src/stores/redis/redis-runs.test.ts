import { expect, test } from 'vitest';
import type { Reply } from './connection.js';
import { RedisKeys, runMember } from './keys.js';
import type { RedisClient, RedisTools } from './redis-client.js';
import { RedisRuns } from './redis-runs.js';
import type { Command } from './script.js';

const keys = new RedisKeys('test:');
const MEMBER = runMember('t', 'run');
const RUN = JSON.stringify({ run_id: 'run', thread_id: 't' });
const MINUTE_MS = 60_000;

/** The indexes of a Redis, and its only run as `state` says. */
class Indexes {
  readonly open = new Set([MEMBER]);
  readonly ended = new Map<string, number>();
  state: string | undefined = '1 running 9 0';
  now = 0;

  readonly #ask = async (command: Command): Promise<Reply> => {
    if ('script' in command) return this.state === undefined ? null : [RUN, this.state];
    const [, ...args] = command.args.map(String);
    if (command.name === 'SMEMBERS') return [...this.open];
    if (command.name === 'SREM') for (const member of args) this.open.delete(member);
    if (command.name === 'ZADD') this.ended.set(args[1] ?? '', Number(args[0]));
    return 1;
  };

  readonly runs = new RedisRuns({
    keys,
    clock: { now: () => this.now, wall: () => this.now },
    reads: this.#client(),
    writes: this.#client(),
  } as unknown as RedisTools);

  #client(): Partial<RedisClient> {
    return {
      ask: this.#ask,
      askEach: (commands) => Promise.all(commands.map(this.#ask)),
    };
  }
}

test('a run that has ended stays in the index of open runs for a minute', async () => {
  const redis = new Indexes();
  expect(await redis.runs.open()).toHaveLength(1);
  redis.state = '1 completed 9 7';
  expect(await redis.runs.open()).toEqual([]);
  expect(redis.ended.get(MEMBER)).toBe(7);
  redis.now = MINUTE_MS;
  await redis.runs.open();
  expect(redis.open.has(MEMBER)).toBe(true);
  redis.now += 1;
  expect(await redis.runs.open()).toEqual([]);
  expect(redis.open.has(MEMBER)).toBe(false);
});

test('a run whose end a failover has lost is open again, and ends for a minute again', async () => {
  const redis = new Indexes();
  redis.state = '1 completed 9 7';
  await redis.runs.open();
  redis.state = '1 running 9 0';
  redis.now = MINUTE_MS + 1;
  expect(await redis.runs.open()).toHaveLength(1);
  redis.state = '2 interrupted 9 8';
  redis.now *= 2;
  expect(await redis.runs.open()).toEqual([]);
  expect(redis.open.has(MEMBER)).toBe(true);
});

test('a run that was entered and never began is dropped after a minute', async () => {
  const redis = new Indexes();
  redis.state = undefined;
  expect(await redis.runs.open()).toEqual([]);
  redis.now = MINUTE_MS + 1;
  await redis.runs.open();
  expect(redis.open.size + redis.ended.size).toBe(0);
});
