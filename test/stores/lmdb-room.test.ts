/** What the embedded store refuses while its disk has little left, and what goes on. */

import { type Environment, openLmdbStore } from '@session-monitor/server/lmdb';
import { expect } from 'vitest';
import { type Lab, test } from '../support/lab.js';
import { newRun, newSession } from '../support/records.js';

const MIB = 1024 * 1024;
const RESERVE = 64 * MIB;
const EVENT = JSON.stringify(['e', 'x'.repeat(100)]);
const STORAGE_FULL = { code: 'ERR_REFUSED', fault: { code: 'storage_full' } };

async function openWithRoom(lab: Lab) {
  const room = { growth: RESERVE * 10, free: 0 };
  const limited = (environment: Environment): Environment => ({
    ...environment,
    room: { reserve: RESERVE, look: () => room, spend: () => {}, makeFor: () => {} },
  });
  const store = await openLmdbStore({ path: await lab.folder(), wrapEnvironment: limited });
  lab.defer(() => store.close());
  return { store, room };
}

test('below the reserve what grows the store is refused, and everything else is done', async (lab) => {
  const { store, room } = await openWithRoom(lab);
  const { logs, runs, sessions, threads } = store;
  const run = newRun('r');
  await logs.append('t', [EVENT], { message_id: 'm', touch: { title: 'Before' } });
  await logs.append('t', [EVENT], { fence: { run_id: 'r', token: 1, start: run } });
  const session = newSession('s');
  await sessions.put(session, undefined);

  room.growth = RESERVE * 0.75;
  expect(store.space?.isFull).toBe(true);
  for (const refused of [
    () => logs.append('t', [EVENT]),
    () => logs.append('t', [EVENT], { message_id: 'n' }),
    () => logs.append('t', [EVENT], { fence: { run_id: 'q', token: 1, start: newRun('q') } }),
    () => logs.append('new', [EVENT]),
    () => logs.open('new'),
    () => threads.update('t', { title: 'After' }),
  ]) {
    await expect(refused()).rejects.toMatchObject(STORAGE_FULL);
  }
  // The first half of the reserve is for sessions, and for replies that have begun.
  await logs.append('t', [EVENT], { fence: { run_id: 'r', token: 1 } });
  await sessions.put(newSession('other'), undefined);

  room.growth = RESERVE * 0.25;
  const part = logs.append('t', [EVENT], { fence: { run_id: 'r', token: 1 } });
  await expect(part).rejects.toMatchObject(STORAGE_FULL);
  await expect(sessions.put(newSession('third'), undefined)).rejects.toMatchObject(STORAGE_FULL);

  room.growth = 2 * MIB;
  expect(await logs.append('t', [EVENT], { message_id: 'm' })).toMatchObject({
    outcome: 'duplicate',
    first: 1,
  });
  expect(await sessions.put({ ...session, generation: 2 }, session)).toBe(true);
  await logs.append('t', [EVENT], { fence: { run_id: 'r', token: 1, finish: 'completed' } });
  expect((await runs.get(run))?.status).toBe('completed');
  const { head } = await logs.read('t', 0, { maxBytes: MIB });
  expect(head.offset).toBe(4);
  expect((await threads.get('t'))?.title).toBe('Before');
  await logs.compact('t', head.epoch, [{ first: 1, last: 2, event: EVENT }]);
  expect((await logs.trim('t', { maxEvents: 1 }, 10)).base).toBeGreaterThan(0);
  expect((await logs.delete('t')).offset).toBe(0);
  expect((await logs.delete('unknown')).offset).toBe(0);

  room.growth = RESERVE;
  expect(store.space?.isFull).toBe(true);
  room.free = MIB;
  expect(store.space?.isFull).toBe(false);
  expect(await logs.append('t', [EVENT])).toMatchObject({ outcome: 'appended', first: 1 });
});

test('a reserve without room for a commit is refused', async (lab) => {
  const opening = openLmdbStore({ path: await lab.folder(), reserveBytes: MIB });
  await expect(opening).rejects.toMatchObject({ code: 'ERR_CONFIG' });
});
