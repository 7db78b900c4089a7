/** What `/debug` shows of replies on all nodes, and of a part of a log. */

import { expect } from 'vitest';
import { publish } from '../support/app.js';
import { readDebug } from '../support/debug-views.js';
import { test } from '../support/lab.js';
import { until } from '../support/until.js';

interface ShownRun {
  readonly run_id: string;
  readonly thread_id: string;
  readonly user_id: string | null;
  readonly node: string;
  readonly state: string;
  readonly status: string | null;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly first_part_ms: number | null;
  readonly error: string | null;
}

interface ShownRuns {
  readonly waiting: number;
  readonly running: number;
  readonly runs: readonly ShownRun[];
  readonly unreachable: readonly string[];
}

interface ShownLog {
  readonly exists: boolean;
  readonly head: number;
  readonly first_kept: number | null;
  readonly events: readonly {
    readonly offset: number;
    readonly event: string;
    readonly bytes: number;
    readonly run_id: string | null;
  }[];
  readonly more: boolean;
}

test('replies are shown while they wait and run, and after their end', async (lab) => {
  const { app, release } = await lab.heldApp({ node: 'this-node' });
  const first = await app.sessions.sendMessage('t', 'Hello', { user_id: 'alice' });
  await app.sessions.sendMessage('t', 'And then?', { user_id: 'bob' });
  const shown = () => readDebug<ShownRuns>(app.url, 'runs');
  const open = await until('one has begun to write', async () => {
    const runs = await shown();
    return runs.runs.some(({ first_part_ms }) => first_part_ms !== null) ? runs : undefined;
  });
  expect(open).toMatchObject({ waiting: 1, running: 1, unreachable: [] });
  const of = (thread_id: string) => readDebug<ShownRuns>(app.url, `runs?thread_id=${thread_id}`);
  expect((await of('t')).runs.length).toBe(2);
  expect(await of('other')).toMatchObject({ waiting: 0, running: 0, runs: [] });
  const byUser = new Map(open.runs.map((run) => [run.user_id, run]));
  expect(byUser.get('alice')).toMatchObject({
    run_id: first.run_id,
    thread_id: 't',
    node: 'this-node',
    state: 'running',
    status: null,
    ended_at: null,
  });
  expect(byUser.get('bob')).toMatchObject({ state: 'waiting', first_part_ms: null });

  release();
  const ended = await until('both have ended', async () => {
    const runs = await shown();
    return runs.waiting + runs.running === 0 && runs.runs.length === 2 ? runs : undefined;
  });
  for (const run of ended.runs) {
    expect(run).toMatchObject({ state: 'ended', status: 'completed', error: null });
    expect(Date.parse(run.ended_at ?? '')).toBeGreaterThanOrEqual(Date.parse(run.started_at));
    expect(run.first_part_ms).toBeGreaterThanOrEqual(0);
  }
  const one = await readDebug<ShownRuns>(app.url, 'runs?limit=1');
  expect(one.runs.map(({ user_id }) => user_id)).toEqual(['bob']);
});

test('a reply that has failed is shown with the code of its error', async (lab) => {
  const app = await lab.app({
    responder: () => {
      throw new Error('The model is away');
    },
  });
  await app.sessions.sendMessage('t', 'Hello');
  const [run] = await until('it has ended', async () => {
    const { runs } = await readDebug<ShownRuns>(app.url, 'runs');
    return runs.some(({ state }) => state === 'ended') ? runs : undefined;
  });
  expect(run).toMatchObject({ status: 'failed', first_part_ms: null, user_id: null });
  expect(run?.error).toMatch(/^\w+$/);
});

test('a part of a log is shown around an offset, and never what was written', async (lab) => {
  const app = await lab.app();
  await publish(app, 't', 1, 250);
  const run = await app.sessions.sendMessage('t', 'A secret question');
  await run.result();
  const read = (query: string) => readDebug<ShownLog>(app.url, `threads/t/log?${query}`);
  const newest = await read('limit=5');
  expect(newest.events.map(({ offset }) => offset)).toEqual(
    [4, 3, 2, 1, 0].map((back) => newest.head - back),
  );
  expect(newest.events.at(-1)).toMatchObject({ event: 'run_finished', run_id: run.run_id });
  expect(newest.more).toBe(false);
  const middle = await read('from=100&limit=3');
  expect(middle).toMatchObject({ exists: true, first_kept: 1, more: true });
  expect(middle.events).toMatchObject([{ offset: 100 }, { offset: 101 }, { offset: 102 }]);
  expect(JSON.stringify(await read('from=250&limit=1000'))).not.toContain('secret');
  expect(await read(`from=${newest.head + 1}`)).toMatchObject({ events: [], more: false });
  const none = await readDebug<ShownLog>(app.url, 'threads/none/log');
  expect(none).toMatchObject({ exists: false, head: 0, events: [] });
});
