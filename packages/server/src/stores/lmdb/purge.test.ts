import { queryObjects } from 'node:v8';
import { expect, test } from 'vitest';
import type { Environment } from './environment.js';
import type { GroupCommit } from './group-commit.js';
import { Purge } from './purge.js';

test('a purge that is asked for again and again while it runs keeps nothing of that', () => {
  const marked = { key: Buffer.from('an-epoch'), value: Buffer.of(1) };
  // One marked log that is never purged: only these two parts of the store are used.
  const environment = { range: (table: string) => (table === 'graves' ? [marked] : []) };
  const never = () => new Promise<boolean>(() => {});
  const purge = new Purge(environment as unknown as Environment, {} as GroupCommit, never);
  purge.start();
  const promises = () => queryObjects(Promise, { format: 'count' }) as number;
  const before = promises();
  for (let time = 0; time < 1_000; time += 1) purge.start();
  expect(promises()).toBeLessThan(before + 100);
});
