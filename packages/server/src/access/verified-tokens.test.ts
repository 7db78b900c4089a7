import { beforeEach, describe, expect, test } from 'vitest';
import { rememberValid } from './verified-tokens.js';

describe('tokens that were valid', () => {
  let now: number;
  let asked: string[];
  let keys = 1;

  const verify = rememberValid(
    async (token: string) => {
      asked.push(token);
      if (token.startsWith('bad')) throw new Error('not valid');
      return { exp: token === 'short' ? 1_010 : 2_000 };
    },
    { wall: () => now, keys: () => keys },
  );

  beforeEach(() => {
    now = 1_000_000;
    asked = [];
  });

  test('are not verified again for a minute', async () => {
    for (let n = 0; n < 3; n += 1) expect(await verify('good')).toEqual({ exp: 2_000 });
    now += 59_999;
    await verify('good');
    expect(asked).toEqual(['good']);
    now += 1;
    await verify('good');
    expect(asked).toEqual(['good', 'good']);
  });

  test('are verified again when they have expired', async () => {
    await verify('short');
    now += 9_999;
    await verify('short');
    expect(asked).toEqual(['short']);
    now += 1;
    await verify('short');
    expect(asked).toEqual(['short', 'short']);
  });

  test('are verified again when the keys have changed', async () => {
    await verify('another');
    keys += 1;
    await verify('another');
    await verify('another');
    expect(asked).toEqual(['another', 'another']);
  });

  test('are those: of others nothing is remembered', async () => {
    for (let n = 0; n < 3; n += 1) await expect(verify('bad')).rejects.toThrow('not valid');
    expect(asked).toEqual(['bad', 'bad', 'bad']);
  });

  test('are not more than a thousand: the oldest is verified again', async () => {
    for (let n = 0; n <= 1_000; n += 1) await verify(`many ${n}`);
    asked = [];
    await verify('many 1000');
    await verify('many 1');
    expect(asked).toEqual([]);
    await verify('many 0');
    expect(asked).toEqual(['many 0']);
  });
});
