/** A commit that finds no room on the disk: nothing was written, so it waits and is tried again. */

import { expect, test } from 'vitest';
import { NoRoomError, type StoreRoom } from './disk-space.js';
import type { Environment, Operation } from './environment.js';
import { GroupCommit } from './group-commit.js';

function setUp() {
  const disk = { hasRoom: false, written: [] as string[] };
  const retries: (() => void)[] = [];
  const room: StoreRoom = {
    reserve: 0,
    look: () => ({ growth: 0, free: 0 }),
    spend: () => {},
    makeFor: () => {
      if (!disk.hasRoom) throw new NoRoomError({ rows: 1, pages: 1 }, { growth: 0, free: 0 });
    },
  };
  const environment: Environment = {
    room,
    get: () => undefined,
    range: () => [],
    commit: async (operations) => {
      disk.written.push(...operations.map(({ key }) => key.toString()));
    },
    otherProcesses: () => [],
    close: async () => {},
  };
  const turn = () => Promise.resolve();
  const untilRoom = () => new Promise<void>((resolve) => retries.push(resolve));
  const commits = new GroupCommit(environment, turn, undefined, untilRoom);
  const failures: Error[] = [];
  commits.onFailure((error) => failures.push(error));
  const settled: string[] = [];
  const write = (name: string) =>
    commits
      .write(() => [{ table: 'meta', key: Buffer.from(name), value: null } satisfies Operation])
      .then(
        () => void settled.push(name),
        (error: Error) => void settled.push(`${name}: ${error.message}`),
      );
  const retry = async () => {
    retries.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { disk, commits, failures, settled, write, retry };
}

test('waits with what comes after it, and is written in its order when there is room', async () => {
  const { disk, commits, failures, settled, write, retry } = setUp();
  let stalls = 0;
  const count = () => {
    stalls += 1;
  };
  commits.onStall(count);
  const first = write('one');
  await retry();
  expect([commits.isStalled, stalls]).toEqual([true, 1]);
  commits.onStall(count)();
  expect(stalls).toBe(2);
  const second = write('two');
  await retry();
  expect([disk.written, settled]).toEqual([[], []]);
  disk.hasRoom = true;
  await retry();
  await Promise.all([first, second]);
  expect([commits.isStalled, stalls]).toEqual([false, 2]);
  expect([disk.written, settled]).toEqual([
    ['one', 'two'],
    ['one', 'two'],
  ]);
  expect(failures).toEqual([]);
});

test('fails at a stop, which is not the failure of a disk', async () => {
  const { disk, commits, failures, settled, write, retry } = setUp();
  const writes = [write('one')];
  await retry();
  writes.push(write('two'));
  commits.stopWaiting();
  await retry();
  await Promise.all(writes);
  expect(settled).toEqual([
    expect.stringMatching(/^one: .*ENOSPC/),
    expect.stringMatching(/^two: .*ENOSPC/),
  ]);
  expect([disk.written, failures]).toEqual([[], []]);
  await commits.settled();
});
