import { expect, test } from 'vitest';
import { StoreObservers } from '../store-observers.js';
import { RedisAppends } from './appends.js';
import type { FollowedLogs } from './followed.js';
import { RedisKeys } from './keys.js';
import type { Answer, RedisClient } from './redis-client.js';

const event = (name: string) => JSON.stringify([name, null]);

/** Appends on a Redis whose answers the test chooses. */
function appendsOn(answers: () => Answer | Promise<never>, onCreated: () => Promise<void>) {
  const link: Partial<RedisClient> = {
    askAll: async (commands) => Promise.all(commands.map(() => answers())),
  };
  const followed: Partial<FollowedLogs> = {
    head: () => undefined,
    listens: () => false,
    previousOf: () => ({}),
    advance: () => {},
  };
  return new RedisAppends({
    keys: new RedisKeys('test:'),
    link: link as RedisClient,
    replicated: false,
    followed: followed as FollowedLogs,
    clustered: false,
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    origin: 'here',
    clock: { wall: () => 1, now: () => 1 },
    observers: new StoreObservers(),
    entropy: { token: () => 'token' },
    pause: () => undefined,
    confirm: async () => undefined,
    onCreated,
    onMoved: async () => {},
  });
}

/** The script's answer for one piece that was appended at an offset. */
const appended = (offset: number, created: 0 | 1): Answer => ({
  kind: 'reply',
  reply: [
    Buffer.from(
      `epoch=e before=${offset - 1} bytes=0 holds=1 offset=${offset - 1} tag=0 base=0 base_tag=0 ` +
        `created=${created} pieces=0:${offset}:${offset}`,
    ),
  ],
});

test('a log that could not be listed when it was made is listed with the next append', async () => {
  let listed = 0;
  let tries = 0;
  let offset = 0;
  const appends = appendsOn(
    () => {
      offset += 1;
      return appended(offset, offset === 1 ? 1 : 0);
    },
    async () => {
      tries += 1;
      if (tries === 1) throw new Error('Redis does not answer');
      listed += 1;
    },
  );
  expect(await appends.append('t', [event('a')])).toMatchObject({ outcome: 'appended', first: 1 });
  expect([tries, listed]).toEqual([1, 0]);
  expect(await appends.append('t', [event('b')])).toMatchObject({ outcome: 'appended', first: 2 });
  await appends.append('t', [event('c')]);
  expect([tries, listed]).toEqual([2, 1]);
});

test('a failing commit settles its appends and does not stop the next commit', async () => {
  let broken = true;
  const appends = appendsOn(
    () => (broken ? Promise.reject(new Error('a bug')) : appended(1, 0)),
    async () => {},
  );
  expect(await appends.append('t', [event('a')])).toMatchObject({ outcome: 'unknown' });
  broken = false;
  expect(await appends.append('t', [event('b')])).toMatchObject({ outcome: 'appended' });
});

test('refuses appends beyond the limit on what may wait for Redis', async () => {
  const appends = appendsOn(
    () => new Promise<never>(() => {}),
    async () => {},
  );
  void appends.append('t', [event('under way')]);
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  const large = event('x'.repeat(1024 * 1024));
  const waiting = Array.from({ length: 64 }, () => appends.append('t', [large]));
  await expect(appends.append('t', [event('too much')])).rejects.toMatchObject({
    code: 'ERR_STORE_UNAVAILABLE',
  });
  expect(waiting).toHaveLength(64);
});
