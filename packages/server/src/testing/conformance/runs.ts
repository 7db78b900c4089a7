/** The contract of runs: a fence lets through what its newest holder appends while the run is open. */

import assert from 'node:assert/strict';
import type { Fence, NewRun, RunRecord, Store } from '../../stores/store.js';
import type { StoreTests } from './subject.js';
import { append, appended, names, newRun, numbers, readAll } from './support.js';

async function start(store: Store, id: string, more: Partial<NewRun> = {}): Promise<RunRecord> {
  const started = await store.runs.start(newRun(id, more));
  assert.ok(started);
  return started;
}

/** What becomes of an event that a run appends. */
const outcomeOf = async (store: Store, id: string, name: string, fence: Fence) =>
  (await append(store, id, [name], { fence })).outcome;

const idsOf = (runs: readonly RunRecord[]) => runs.map(({ run_id }) => run_id);

export const runTests: StoreTests = {
  'a run is opened with its first event in one step, once': async ({ store, id, reopen }) => {
    const key = newRun(id);
    const { run_id } = key;
    const fence = { run_id, token: 1, start: newRun(id) };
    const raced = await Promise.all(numbers(1, 5).map(() => outcomeOf(store, id, 'first', fence)));
    assert.equal(raced.filter((outcome) => outcome === 'appended').length, 1);
    assert.equal(raced.filter((outcome) => outcome === 'fenced').length, 4);
    assert.equal((await store.runs.get(key))?.token, 1);
    assert.equal(await outcomeOf(store, id, 'part', { run_id, token: 1 }), 'appended');
    await append(store, id, ['end'], { fence: { run_id, token: 1, finish: 'completed' } });
    assert.equal(await outcomeOf(store, id, 'again', fence), 'fenced');
    const reopened = (await reopen?.()) ?? store;
    assert.equal(await outcomeOf(reopened, id, 'again', fence), 'fenced');
    assert.deepEqual(names(await readAll(reopened.logs, id)), ['first', 'part', 'end']);
  },

  'a fenced append needs the newest token': async ({ store, id }) => {
    const key = await start(store, id);
    const { run_id, token } = key;
    assert.equal(await outcomeOf(store, id, 'a', { run_id, token }), 'appended');
    const taken = await store.runs.takeOver(key);
    assert.ok(taken && taken.token > token);
    assert.equal(await outcomeOf(store, id, 'b', { run_id, token }), 'fenced');
    assert.equal(await outcomeOf(store, id, 'c', { run_id, token: taken.token }), 'appended');
    assert.deepEqual(names(await readAll(store.logs, id)), ['a', 'c']);
  },

  'nothing follows the terminal part': async ({ store, id, reopen }) => {
    const key = await start(store, id);
    const { run_id, token } = key;
    const fence = { run_id, token };
    await append(store, id, ['part'], { fence });
    await append(store, id, ['end'], { fence: { ...fence, finish: 'completed' } });
    assert.equal(await outcomeOf(store, id, 'late', fence), 'fenced');
    assert.equal((await store.runs.get(key))?.status, 'completed');
    assert.equal(await store.runs.takeOver(key), undefined);
    const reopened = (await reopen?.()) ?? store;
    assert.equal(await outcomeOf(reopened, id, 'late', fence), 'fenced');
    assert.deepEqual(names(await readAll(reopened.logs, id)), ['part', 'end']);
  },

  'of terminal parts that race one is appended, and it is the last': async ({ store, id }) => {
    const key = await start(store, id);
    const { run_id, token } = key;
    const outcomes = await Promise.all(
      numbers(1, 20).map((n) =>
        append(store, id, [n % 4 === 0 ? 'end' : 'part'], {
          fence: { run_id, token, ...(n % 4 === 0 && { finish: 'completed' as const }) },
        }),
      ),
    );
    const events = names(await readAll(store.logs, id));
    assert.equal(events.filter((name) => name === 'end').length, 1);
    assert.equal(events.at(-1), 'end');
    assert.equal(outcomes.filter((each) => each.outcome === 'appended').length, events.length);
  },

  'a fence without an open run lets nothing through': async ({ store, id }) => {
    const fence = { run_id: `never-${id}`, token: 1 };
    assert.equal(await outcomeOf(store, id, 'a', fence), 'fenced');
    assert.deepEqual(await readAll(store.logs, id), []);
  },

  'a closed fence does not hide whether a message id is known': async ({ store, id }) => {
    const fence = { run_id: '-', token: 0 };
    const ask = (message_id: string) => append(store, id, ['asked'], { message_id, fence });
    assert.deepEqual(await ask('m'), { outcome: 'fenced' });
    const { epoch, first, last } = appended(await append(store, id, ['a'], { message_id: 'm' }));
    assert.deepEqual(await ask('m'), { outcome: 'duplicate', epoch, first, last });
    assert.deepEqual(await ask('other'), { outcome: 'fenced' });
    assert.deepEqual(names(await readAll(store.logs, id)), ['a']);
  },

  'a run id is used once, in sequence and in a race': async ({ store, id, reopen }) => {
    const raced = await Promise.all(numbers(1, 20).map(() => store.runs.start(newRun(id))));
    const [started, ...others] = raced.filter((each) => each !== undefined);
    assert.ok(started);
    assert.deepEqual(others, []);
    assert.deepEqual(started, { ...newRun(id), token: 1, status: 'running', ended_at: null });
    const key = started;
    const { run_id, token } = key;
    await append(store, id, ['end'], { fence: { run_id, token, finish: 'completed' } });
    const reopened = (await reopen?.()) ?? store;
    assert.equal(await reopened.runs.start(newRun(id)), undefined);
    assert.equal((await reopened.runs.get(key))?.status, 'completed');
  },

  'a lease is renewed by the holder of the newest token only': async ({
    store,
    id,
    reopen,
    shared = false,
  }) => {
    const key = await start(store, id);
    const { run_id, token, lease_until } = key;
    const until = lease_until + 1_000;
    assert.equal(await store.runs.renew(key, token, until), true);
    assert.equal((await store.runs.get(key))?.lease_until, until);
    const taken = await store.runs.takeOver(key);
    assert.equal(await store.runs.renew(key, token, until + 1), false);
    assert.equal((await store.runs.get(key))?.lease_until, until);
    const fence = { run_id, token: taken?.token ?? 0 };
    const reopened = (await reopen?.()) ?? store;
    const open = (await reopened.runs.open()).find((each) => each.run_id === run_id);
    // A store of one process ends all leases when it is opened: their holder is gone.
    if (reopened !== store) assert.equal(open?.lease_until, shared ? until : 0);
    assert.equal(open?.token, fence.token);
    await append(reopened, id, ['end'], { fence: { ...fence, finish: 'cancelled' } });
    assert.equal(await reopened.runs.renew(key, fence.token, until), false);
    assert.equal(await reopened.runs.renew({ ...key, run_id: `never-${id}` }, 1, until), false);
  },

  'those of a thread are found by page, until they are removed': async ({ store, id, reopen }) => {
    const ids = numbers(1, 5).map((n) => `run-${id}-${n}`);
    for (const run_id of ids) await start(store, id, { run_id });
    await start(store, `${id}.2`);
    const [first = '', second = ''] = ids;
    const fence = { run_id: first, token: 1, finish: 'completed' as const };
    await append(store, id, ['end'], { fence });
    const reopened = (await reopen?.()) ?? store;
    const page = await reopened.runs.ofThread(id, '', 3);
    assert.deepEqual(
      page.map((each) => [each.run_id, each.status]),
      [
        [first, 'completed'],
        [second, 'running'],
        [ids[2], 'running'],
      ],
    );
    assert.deepEqual(idsOf(await reopened.runs.ofThread(id, ids[2] ?? '', 10)), ids.slice(3));
    await reopened.runs.remove({ thread_id: id, run_id: first });
    // An open run is not removed: its end is still to come.
    await reopened.runs.remove({ thread_id: id, run_id: second });
    await reopened.runs.remove({ thread_id: id, run_id: `never-${id}` });
    assert.deepEqual(idsOf(await reopened.runs.ofThread(id, '', 10)), ids.slice(1));
    assert.equal(await reopened.runs.get({ thread_id: id, run_id: first }), undefined);
  },

  'open runs are found after reopening, closed ones are pruned': async ({
    store,
    id,
    reopen,
    advance,
  }) => {
    const key = await start(store, id, { run_id: `${id}.closed` });
    const { run_id, token } = key;
    await append(store, id, ['end'], { fence: { run_id, token, finish: 'cancelled' } });
    const { run_id: left } = await start(store, id, { run_id: `${id}.left` });
    const reopened = (await reopen?.()) ?? store;
    const open = idsOf(await reopened.runs.open());
    assert.ok(open.includes(left) && !open.includes(run_id));
    const endedAt = (await reopened.runs.get(key))?.ended_at ?? 0;
    assert.ok(endedAt > 0);
    assert.equal((await reopened.runs.get({ thread_id: id, run_id: left }))?.ended_at, null);
    advance(1_000);
    assert.deepEqual(await reopened.runs.prune(endedAt, 10), []);
    assert.deepEqual(idsOf(await reopened.runs.prune(endedAt + 1, 10)), [run_id]);
    assert.equal(await reopened.runs.get(key), undefined);
    assert.equal((await reopened.runs.get({ thread_id: id, run_id: left }))?.status, 'running');
  },
};
