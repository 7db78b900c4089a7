import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Environment,
  type Operation,
  openLmdbStore,
  type Table,
} from '@session-monitor/server/lmdb';
import { describe, expect } from 'vitest';
import { type Lab, test } from '../support/lab.js';
import { openWithTables } from '../support/lmdb.js';
import { newRun, newSession } from '../support/records.js';
import { times, until } from '../support/until.js';

const event = (n: number): string => JSON.stringify(['e', n]);

/** An environment whose flushes wait until they are let through, or fail. */
function gate() {
  let release = () => {};
  let open = true;
  const state = { commits: 0, fails: false };
  const waiting = () =>
    open
      ? Promise.resolve()
      : new Promise<void>((resolve) => {
          release = resolve;
        });
  return {
    state,
    /** Holds flushes back from now on. Returns a wait for the next one to begin. */
    hold: () => {
      open = false;
      const { commits } = state;
      return () => until('a flush is under way', () => state.commits > commits);
    },
    open: () => {
      open = true;
      release();
    },
    wrap: (environment: Environment): Environment => ({
      ...environment,
      async commit(operations) {
        state.commits += 1;
        // The records are written and readable in LMDB. The confirmation comes later.
        await environment.commit(operations);
        await waiting();
        if (state.fails) throw new Error('EIO');
      },
    }),
  };
}

async function openGated(lab: Lab) {
  const flush = gate();
  const store = await openLmdbStore({ path: await lab.folder(), wrapEnvironment: flush.wrap });
  lab.defer(() => store.close());
  return { store, flush };
}

describe('the LMDB store', () => {
  test('hides from readers what is written but not flushed', async (lab) => {
    const { store, flush } = await openGated(lab);
    await store.logs.append('t', [event(1)]);
    const heads: number[] = [];
    lab.defer(store.logs.follow('t', (head) => heads.push(head.offset)));

    const begun = flush.hold();
    let confirmed = false;
    const append = store.logs.append('t', [event(2)], { message_id: 'm' }).then(() => {
      confirmed = true;
    });
    await begun();
    expect((await store.logs.head('t'))?.offset).toBe(1);
    expect((await store.logs.read('t', 0, { maxBytes: 1_000 })).batches.length).toBe(1);
    expect((await store.logs.locate('t', 2)).tag).toBeUndefined();
    expect([confirmed, heads]).toEqual([false, []]);
    // A repetition of the same message is not confirmed earlier.
    let repeated: unknown;
    const again = store.logs.append('t', [event(2)], { message_id: 'm' }).then((outcome) => {
      repeated = outcome;
    });
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(repeated).toBeUndefined();

    flush.open();
    await append;
    await again;
    expect(repeated).toMatchObject({ outcome: 'duplicate', first: 2 });
    expect((await store.logs.head('t'))?.offset).toBe(2);
    expect(heads).toEqual([2]);
  });

  test('gathers appends during a flush into one commit and one batch', async (lab) => {
    const { store, flush } = await openGated(lab);
    await store.logs.append('t', [event(0)]);
    const before = flush.state.commits;
    const begun = flush.hold();
    const first = store.logs.append('t', [event(1)]);
    await begun();
    expect(flush.state.commits).toBe(before + 1);
    const rest = times(100, (n) => store.logs.append('t', [event(2 + n)]));
    const other = store.logs.append('other', [event(1)]);
    flush.open();
    await Promise.all([first, other, ...rest]);
    expect(flush.state.commits).toBe(before + 2);
    const { batches } = await store.logs.read('t', 0, { maxBytes: 1_000_000 });
    expect(batches.map(({ count }) => count)).toEqual([1, 1, 100]);
  });

  test('opens a run and writes its first event in one commit: a crash leaves both or neither', async (lab) => {
    const { store, flush } = await openGated(lab);
    await store.logs.append('t', [event(1)]);
    const before = flush.state.commits;
    const fence = { run_id: 'r', token: 1, start: newRun('r') };
    await store.logs.append('t', [event(2)], { fence });
    expect(flush.state.commits).toBe(before + 1);
    expect((await store.runs.open()).map(({ run_id }) => run_id)).toEqual(['r']);
  });

  test('refuses all writes after a failed flush, and reports it once', async (lab) => {
    const { store, flush } = await openGated(lab);
    const failures: string[] = [];
    store.onFailure((error) => failures.push(error.message));
    await store.logs.append('t', [event(1)]);
    flush.state.fails = true;
    const failed = await Promise.allSettled([
      store.logs.append('t', [event(2)]),
      store.logs.append('u', [event(1)]),
    ]);
    flush.state.fails = false;
    const later = await Promise.allSettled([
      store.logs.append('t', [event(3)]),
      store.runs.start(newRun('r')),
    ]);
    for (const outcome of [...failed, ...later]) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ERR_STORE_FAILED' } });
    }
    expect(failures).toEqual([expect.stringMatching(/failed and is not retried: EIO/)]);
    // The written records may be in the file, but they may not survive a restart.
    await expect(store.logs.head('t')).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' });
    await expect(store.sessions.get('s')).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' });
  });

  test('splits a burst into records of about a frame, in one commit', async (lab) => {
    const { store, flush } = await openGated(lab);
    await store.logs.open('t');
    const before = flush.state.commits;
    const big = JSON.stringify(['e', 'x'.repeat(1_000)]);
    await Promise.all(times(900, () => store.logs.append('t', [big])));
    expect(flush.state.commits).toBe(before + 1);
    const { batches } = await store.logs.read('t', 0, { maxBytes: 100_000_000 });
    expect(batches.length).toBeGreaterThan(10);
    expect(Math.max(...batches.map(({ payload }) => payload.length))).toBeLessThan(70_000);
    expect(batches.at(-1)?.last).toBe(900);
  });

  test('reads no session and no thread to open a directory', async (lab) => {
    const path = await lab.folder();
    const first = await openLmdbStore({ path });
    await Promise.all(times(50, (n) => first.logs.open(`thread-${n}`)));
    const session = newSession('s');
    await first.sessions.put(session, undefined);
    await first.close();
    const read: Table[] = [];
    const store = await openLmdbStore({
      path,
      wrapEnvironment: (environment) => ({
        ...environment,
        *range(table, range) {
          for (const entry of environment.range(table, range)) {
            read.push(table);
            yield entry;
          }
        },
      }),
    });
    lab.defer(() => store.close());
    expect(read.filter((table) => table === 'sessions' || table === 'threads')).toEqual([]);
    expect(await store.sessions.counts()).toMatchObject({ connected: 1 });
    expect(read.filter((table) => table === 'sessions')).toEqual(['sessions']);
  });

  test('opens a directory whose name looks like that of a file', async (lab) => {
    const path = join(await lab.folder(), 'data.2026');
    const store = await openLmdbStore({ path });
    expect(await store.logs.append('t', [event(1)])).toMatchObject({ outcome: 'appended' });
    await store.close();
    expect((await readdir(path)).sort()).toEqual(['data.mdb', 'lock.mdb', 'session-monitor.json']);
  });

  test('is open once per directory, also within one process', async (lab) => {
    const path = await lab.folder();
    const store = await openLmdbStore({ path });
    await expect(openLmdbStore({ path })).rejects.toMatchObject({ code: 'ERR_STORE_IN_USE' });
    await store.close();
    await (await openLmdbStore({ path })).close();
  });

  test('creates a thread once, however slow the flush is', async (lab) => {
    const { store, flush } = await openGated(lab);
    const begun = flush.hold();
    const busy = store.logs.append('another', [event(1)]);
    await begun();
    const waiting = store.logs.append('another', [event(2)]);
    // The trim creates the thread and releases it again.
    expect(await store.logs.trim('t', {}, 100)).toEqual({ base: 0, more: false });
    const epoch = (await store.logs.head('t'))?.epoch;
    const append = store.logs.append('t', [event(1)]);
    flush.open();
    expect(await append).toMatchObject({ outcome: 'appended', epoch, first: 1 });
    await Promise.all([busy, waiting]);
    expect((await store.logs.head('t'))?.epoch).toBe(epoch);
  });

  test('refuses a name that LMDB would refuse, and goes on', async (lab) => {
    const store = await openLmdbStore({ path: await lab.folder() });
    lab.defer(() => store.close());
    await expect(store.logs.append('k'.repeat(3_000), [event(1)])).rejects.toThrow(RangeError);
    expect(await store.logs.append('t', [event(1)])).toMatchObject({ outcome: 'appended' });
  });

  test('shows the new incarnation of a thread only when it is flushed', async (lab) => {
    const { store, flush } = await openGated(lab);
    await store.logs.append('t', [event(1)]);
    const old = await store.logs.open('t');
    const begun = flush.hold();
    const erased = store.logs.delete('t');
    await begun();
    expect(await store.logs.head('t')).toEqual(old);
    expect((await store.logs.read('t', 0, { maxBytes: 1_000 })).batches.length).toBe(1);
    flush.open();
    const fresh = await erased;
    expect(fresh.epoch).not.toBe(old.epoch);
    expect(await store.logs.head('t')).toEqual(fresh);
  });

  test('an append during the clean-up of its thread goes to the new thread, not to the old', async (lab) => {
    const path = await lab.folder();
    const flush = gate();
    const store = await openLmdbStore({ path, wrapEnvironment: flush.wrap });
    const old = await store.logs.open('t');
    const begun = flush.hold();
    const forgotten = store.logs.forgetIdle('t', Number.MAX_SAFE_INTEGER);
    await begun();
    const appended = store.logs.append('t', [event(1)], { message_id: 'm' });
    flush.open();
    expect(await forgotten).toBe(true);
    expect((await appended) as object).toMatchObject({ outcome: 'appended', first: 1 });
    expect((await store.logs.head('t'))?.epoch).not.toBe(old.epoch);
    await store.close();

    const again = await openLmdbStore({ path });
    lab.defer(() => again.close());
    expect((await again.logs.read('t', 0, { maxBytes: 1_000 })).batches.length).toBe(1);
    expect((await again.logs.append('t', [event(1)], { message_id: 'm' })).outcome).toBe(
      'duplicate',
    );
  });

  test('goes on erasing a thread that a crash left half erased', async (lab) => {
    const path = await lab.folder();
    const store = await openLmdbStore({ path });
    await Promise.all(
      times(50, (n) => store.logs.append('t', [event(n)], { message_id: `m${n}` })),
    );
    for (const n of times(30, (each) => each)) await store.logs.append('t', [event(n)]);
    await store.logs.delete('t');
    await store.close();
    await expectErased(lab, path);
  });

  test('writes a run and its place in the list of threads in one commit', async (lab) => {
    const path = await lab.folder();
    const written: (readonly Operation[])[] = [];
    const wrapEnvironment = (environment: Environment): Environment => ({
      ...environment,
      commit: (operations) => {
        written.push(operations);
        return environment.commit(operations);
      },
    });
    const store = await openLmdbStore({ path, wrapEnvironment });
    const run = newRun('run-a');
    const start = { run_id: run.run_id, token: 1, start: run };
    await store.logs.append('t', [event(1)], { fence: start, touch: { user_id: 'ann' } });
    const finish = { run_id: run.run_id, token: 1, finish: 'completed' as const };
    await store.logs.append('t', [event(2)], { fence: finish, touch: { active: true } });
    await store.logs.delete('t');
    await store.close();
    const changing = written.filter((each) => each.some(({ table }) => table === 'thread_list'));
    expect(changing.map((each) => new Set(each.map(({ table }) => table)))).toEqual([
      new Set(['threads', 'journal', 'runs', 'run_ends', 'runs_of_threads', 'thread_list']),
      new Set(['threads', 'journal', 'runs', 'run_ends', 'runs_of_threads', 'thread_list']),
      new Set(['threads', 'graves', 'thread_list']),
    ]);
  });
});

/** Opens the store again and waits until nothing of an erased thread is left in the file. */
async function expectErased(lab: Lab, path: string): Promise<void> {
  const { store, environment } = await openWithTables({ path });
  lab.defer(() => store.close());
  const records = () =>
    (['logs', 'messages', 'graves'] as const).flatMap((table) => [...environment.range(table, {})])
      .length;
  await until('erased', () => records() === 0, { state: records });
}
