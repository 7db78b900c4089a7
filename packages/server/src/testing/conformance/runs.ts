/** The contract of runs: a fence lets through what its newest holder appends while the run is open. */

import assert from 'node:assert/strict';
import type { NewRun } from '../../stores/store.js';
import type { StoreTests } from './subject.js';
import { append, names, numbers, readAll } from './support.js';

const run = (id: string): NewRun => ({
  run_id: `run-${id}`,
  thread_id: id,
  log_id: id,
  started_at: 1_700_000_000_000,
});

export const runTests: StoreTests = {
  'runs: a fenced append needs the newest token': async ({ store, id }) => {
    const { run_id, token } = await store.runs.start(run(id));
    assert.equal(
      (await append(store, id, ['a'], { fence: { run_id, token } })).outcome,
      'appended',
    );
    const taken = await store.runs.takeOver(run_id);
    assert.ok(taken && taken.token > token);
    assert.equal((await append(store, id, ['b'], { fence: { run_id, token } })).outcome, 'fenced');
    const fence = { run_id, token: taken.token };
    assert.equal((await append(store, id, ['c'], { fence })).outcome, 'appended');
    assert.deepEqual(names(await readAll(store.logs, id)), ['a', 'c']);
  },

  'runs: nothing follows the terminal part': async ({ store, id, reopen }) => {
    const { run_id, token } = await store.runs.start(run(id));
    await append(store, id, ['part'], { fence: { run_id, token } });
    await append(store, id, ['end'], { fence: { run_id, token, finish: 'completed' } });
    assert.equal(
      (await append(store, id, ['late'], { fence: { run_id, token } })).outcome,
      'fenced',
    );
    assert.equal((await store.runs.get(run_id))?.status, 'completed');
    assert.equal(await store.runs.takeOver(run_id), undefined);
    const reopened = (await reopen?.()) ?? store;
    assert.equal(
      (await append(reopened, id, ['late'], { fence: { run_id, token } })).outcome,
      'fenced',
    );
    assert.deepEqual(names(await readAll(reopened.logs, id)), ['part', 'end']);
  },

  'runs: of terminal parts that race one is appended, and it is the last': async ({
    store,
    id,
  }) => {
    const { run_id, token } = await store.runs.start(run(id));
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

  'runs: a fence nobody opened lets nothing through': async ({ store, id }) => {
    const fence = { run_id: `never-${id}`, token: 1 };
    assert.equal((await append(store, id, ['a'], { fence })).outcome, 'fenced');
    assert.deepEqual(await readAll(store.logs, id), []);
  },

  'runs: open runs are found after reopening, closed ones are pruned': async ({
    store,
    id,
    reopen,
    advance,
  }) => {
    const closed = await store.runs.start(run(`${id}.closed`));
    const { run_id, token } = closed;
    await append(store, id, ['end'], { fence: { run_id, token, finish: 'cancelled' } });
    const { run_id: left } = await store.runs.start(run(`${id}.left`));
    const reopened = (await reopen?.()) ?? store;
    const open = (await reopened.runs.open()).map((each) => each.run_id);
    assert.ok(open.includes(left) && !open.includes(run_id));
    const endedAt = (await reopened.runs.get(run_id))?.ended_at ?? 0;
    assert.ok(endedAt > 0);
    assert.equal((await reopened.runs.get(left))?.ended_at, null);
    advance(1_000);
    assert.deepEqual(await reopened.runs.prune(endedAt, 10), []);
    assert.deepEqual(
      (await reopened.runs.prune(endedAt + 1, 10)).map((each) => each.run_id),
      [run_id],
    );
    assert.equal(await reopened.runs.get(run_id), undefined);
    assert.equal((await reopened.runs.get(left))?.status, 'running');
  },
};
