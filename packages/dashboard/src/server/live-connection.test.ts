import { expect, test } from 'vitest';
import type { SessionsLine } from '../model/answers.js';
import type { Answer, Problem } from '../model/problem.js';
import { LiveConnection } from './live-connection.js';
import type { Server } from './server.js';

interface Stream {
  readonly path: string;
  readonly open: () => void;
  readonly line: (value: unknown) => void;
  readonly end: (answer: Answer<undefined>) => Promise<void>;
  readonly isAborted: () => boolean;
}

class Stage {
  readonly streams: Stream[] = [];
  now = 10_000;
  #timers: { readonly at: number; readonly call: () => void }[] = [];
  readonly live: LiveConnection;

  constructor() {
    const follow: Server['follow'] = (path, open, line, signal) =>
      new Promise((resolve) => {
        const end = async (answer: Answer<undefined>) => {
          resolve(answer);
          await Promise.resolve();
        };
        signal.addEventListener('abort', () =>
          resolve({ ok: false, problem: { kind: 'gone', message: 'aborted' } }),
        );
        this.streams.push({ path, open, line, end, isAborted: () => signal.aborted });
      });
    this.live = new LiveConnection(
      { follow },
      {
        now: () => this.now,
        after: (ms, call) => {
          const timer = { at: this.now + ms, call };
          this.#timers.push(timer);
          return () => {
            this.#timers = this.#timers.filter((each) => each !== timer);
          };
        },
      },
    );
  }

  get last(): Stream {
    return this.streams.at(-1) as Stream;
  }

  async pass(ms: number): Promise<void> {
    this.now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.now);
    this.#timers = this.#timers.filter(({ at }) => at > this.now);
    for (const { call } of due) call();
    await Promise.resolve();
    await Promise.resolve();
  }

  get pending(): number {
    return this.#timers.length;
  }
}

const failed = (problem: Problem): Answer<undefined> => ({ ok: false, problem });
const gone = failed({ kind: 'gone', message: 'Failed to fetch' });
const gated = failed({ kind: 'gate', message: 'A key is needed' });
const rows = (total: number): SessionsLine => ({
  type: 'sessions',
  from: 0,
  total,
  complete: true,
  rows: [],
});

test('it shows what comes, and asks for other rows by another stream', () => {
  const stage = new Stage();
  stage.live.connect();
  expect(stage.last.path).toBe('debug/live?limit=0');
  stage.last.open();
  expect(stage.live.view.connection).toEqual({ state: 'live' });
  stage.live.show('q=a&from=0&limit=100');
  const [first, second] = stage.streams as [Stream, Stream];
  expect([first.isAborted(), second.path]).toEqual([true, 'debug/live?q=a&from=0&limit=100']);
  // What is still under way of the former stream is passed over.
  first.line(rows(1));
  second.open();
  second.line(rows(2));
  expect(stage.live.view.list?.total).toBe(2);
  stage.live.show('q=a&from=0&limit=100');
  expect(stage.streams.length).toBe(2);
});

test('a server that is gone is tried again, later each time, and at once if the operator asks', async () => {
  const stage = new Stage();
  stage.live.connect();
  const waits: number[] = [];
  for (let attempt = 1; attempt <= 6; attempt += 1) {
    await stage.last.end(gone);
    const { connection } = stage.live.view;
    if (connection.state !== 'gone') throw new Error(connection.state);
    expect(connection.since).toBe(10_000);
    waits.push(connection.nextAt - stage.now);
    await stage.pass(connection.nextAt - stage.now);
    expect(stage.streams.length).toBe(attempt + 1);
  }
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  await stage.last.end(gone);
  stage.live.connect();
  expect(stage.live.view.connection).toMatchObject({ state: 'gone', nextAt: stage.now });
  stage.last.open();
  expect(stage.live.view.connection).toEqual({ state: 'live' });
  await stage.last.end({ ok: true, value: undefined });
  expect(stage.live.view.connection).toMatchObject({
    state: 'gone',
    since: stage.now,
    nextAt: stage.now + 1_000,
  });
});

test('what was shown stays while the server is gone', async () => {
  const stage = new Stage();
  stage.live.connect();
  stage.last.open();
  stage.last.line(rows(7));
  await stage.last.end(gone);
  expect([stage.live.view.connection.state, stage.live.view.list?.total]).toEqual(['gone', 7]);
});

test('a stream that says nothing is dead', async () => {
  const stage = new Stage();
  stage.live.connect();
  stage.last.open();
  await stage.pass(5_000);
  stage.last.line(rows(1));
  await stage.pass(5_000);
  expect(stage.live.view.connection.state).toBe('live');
  await stage.pass(3_000);
  expect([stage.last.isAborted(), stage.live.view.connection.state]).toEqual([true, 'gone']);
});

test('a server that asks for a key is left alone until there is one', async () => {
  const stage = new Stage();
  stage.live.connect();
  await stage.last.end(gated);
  expect(stage.live.view).toMatchObject({ connection: { state: 'gated' }, totals: null });
  await stage.pass(60_000);
  stage.live.show('q=b');
  expect([stage.streams.length, stage.pending]).toEqual([1, 0]);
  stage.live.connect();
  expect(stage.last.path).toBe('debug/live?q=b');
  // What asks for the key does not come and go.
  expect(stage.live.view.connection.state).toBe('gated');
});

test('after a refusal that says when to come back, it comes back then', async () => {
  const stage = new Stage();
  stage.live.connect();
  await stage.last.end(
    failed({ kind: 'refused', message: '20 lists are open', retryAfterMs: 10_000 }),
  );
  await stage.pass(9_000);
  expect(stage.streams.length).toBe(1);
  await stage.pass(1_000);
  expect(stage.streams.length).toBe(2);
});

test('a query that is refused is not repeated, and another one is asked', async () => {
  const stage = new Stage();
  stage.live.show('state=gone');
  const message = "'state' must be one of active, idle, disconnected.";
  await stage.last.end(failed({ kind: 'refused', message, retryAfterMs: null }));
  expect(stage.live.view.connection).toMatchObject({ state: 'refused', problem: { message } });
  await stage.pass(60_000);
  expect(stage.streams.length).toBe(1);
  stage.live.show('state=idle');
  expect(stage.last.path).toBe('debug/live?state=idle');
});

test('nothing is left when it is stopped', async () => {
  const stage = new Stage();
  stage.live.connect();
  stage.live.stop();
  await stage.pass(60_000);
  expect([stage.streams.length, stage.pending, stage.last.isAborted()]).toEqual([1, 0, true]);
});
