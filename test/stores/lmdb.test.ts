import { type Environment, openLmdbStore } from '@session-monitor/server/lmdb';
import { describe, expect } from 'vitest';
import { test } from '../support/lab.js';
import { times, until } from '../support/until.js';

const event = (n: number): Buffer => Buffer.from(JSON.stringify(['e', n]));

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
    close: () => {
      open = false;
    },
    open: () => {
      open = true;
      release();
    },
    wrap: (environment: Environment): Environment => ({
      ...environment,
      async commit(operations) {
        state.commits += 1;
        // Written, and readable by whoever asks LMDB; confirmed only later.
        await environment.commit(operations);
        await waiting();
        if (state.fails) throw new Error('EIO');
      },
    }),
  };
}

describe('the LMDB store', () => {
  test('lets nobody read what is written but not flushed', async ({ lab }) => {
    const flush = gate();
    const store = await openLmdbStore({ path: await lab.folder(), wrapEnvironment: flush.wrap });
    lab.defer(() => store.close());
    await store.logs.append('t', [event(1)]);
    const heads: number[] = [];
    lab.defer(store.logs.follow('t', (head) => heads.push(head.offset)));

    flush.close();
    const commits = flush.state.commits;
    let confirmed = false;
    const append = store.logs.append('t', [event(2)], { message_id: 'm' }).then(() => {
      confirmed = true;
    });
    await until('the record is in the file', () => flush.state.commits > commits);
    expect((await store.logs.head('t'))?.offset).toBe(1);
    expect((await store.logs.read('t', 0, { maxBytes: 1_000 })).batches.length).toBe(1);
    expect((await store.logs.locate('t', 2)).tag).toBeUndefined();
    expect([confirmed, heads]).toEqual([false, []]);
    // Asked again meanwhile, the same message is no sooner confirmed.
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

  test('gathers what is appended during a flush into one commit and one batch', async ({ lab }) => {
    const flush = gate();
    const store = await openLmdbStore({ path: await lab.folder(), wrapEnvironment: flush.wrap });
    lab.defer(() => store.close());
    await store.logs.append('t', [event(0)]);
    flush.close();
    const before = flush.state.commits;
    const first = store.logs.append('t', [event(1)]);
    await until('the first is being flushed', () => flush.state.commits === before + 1);
    const rest = times(100, (n) => store.logs.append('t', [event(2 + n)]));
    const other = store.logs.append('other', [event(1)]);
    flush.open();
    await Promise.all([first, other, ...rest]);
    expect(flush.state.commits).toBe(before + 2);
    const { batches } = await store.logs.read('t', 0, { maxBytes: 1_000_000 });
    expect(batches.map(({ count }) => count)).toEqual([1, 1, 100]);
  });

  test('takes nothing more after a failed flush, and says so once', async ({ lab }) => {
    const flush = gate();
    const store = await openLmdbStore({ path: await lab.folder(), wrapEnvironment: flush.wrap });
    lab.defer(() => store.close());
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
      store.runs.start({ run_id: 'r', thread_id: 't', log_id: 't', started_at: 0 }),
    ]);
    for (const outcome of [...failed, ...later]) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ERR_STORE_FAILED' } });
    }
    expect(failures).toEqual([expect.stringMatching(/failed and is not retried: EIO/)]);
    // What was written may be in the file; nobody can tell whether it will be there tomorrow.
    await expect(store.logs.head('t')).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' });
    await expect(store.sessions.get('s')).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' });
  });

  test('goes on erasing a thread that a crash left half erased', async ({ lab }) => {
    const path = await lab.folder();
    const store = await openLmdbStore({ path });
    await Promise.all(
      times(50, (n) => store.logs.append('t', [event(n)], { message_id: `m${n}` })),
    );
    for (const n of times(30, (each) => each)) await store.logs.append('t', [event(n)]);
    await store.logs.delete('t');
    await store.close();
    await expectErased(path);
  });
});

/** Opens the store again and waits until nothing of an erased thread is left in the file. */
async function expectErased(path: string): Promise<void> {
  const opened: Environment[] = [];
  const store = await openLmdbStore({
    path,
    wrapEnvironment: (environment) => {
      opened.push(environment);
      return environment;
    },
  });
  const records = () =>
    (['logs', 'messages', 'graves'] as const).flatMap((table) => [
      ...(opened[0]?.range(table, {}) ?? []),
    ]).length;
  try {
    await until('erased', () => records() === 0, { state: records });
  } finally {
    await store.close();
  }
}
