/** Programs without HTTP: they send messages, produce replies, cancel, and read. */

import { AsyncLocalStorage } from 'node:async_hooks';
import { threadView } from '@session-monitor/client';
import {
  createDemoResponder,
  createMemoryStore,
  type LogEntry,
  type Part,
  type ReadOptions,
  type SessionServer,
} from '@session-monitor/server';
import { openLmdbStore } from '@session-monitor/server/lmdb';
import { describe, expect } from 'vitest';
import { attach } from '../support/attached.js';
import { test } from '../support/lab.js';
import { range, times, until } from '../support/until.js';

const THREAD = 'program';

/** The text of each of a reply's strings. */
async function* words(count: number) {
  for (const n of times(count, (index) => index)) yield `word${n} `;
}
const textOf = (count: number): string => times(count, (n) => `word${n} `).join('');

describe('sendMessage', () => {
  test('publishes the reply to all clients of the thread, and says how it ended', async (lab) => {
    const app = await lab.app({
      responder: createDemoResponder({ partsPerSecond: 2_000, words: 9, exact: true }),
    });
    const client = lab.client(app.url, { thread_id: THREAD });
    const view = threadView(client.monitor);
    lab.defer(view.subscribe(() => {}));
    const run = await app.sessions.sendMessage(THREAD, 'What is a cursor?', { user_id: 'alice' });
    const { status, text } = await run.result();
    expect([status, text.split(' ').length]).toEqual(['completed', 9]);
    await until('the page has it', () => view.getSnapshot().replies.at(-1)?.state === 'completed');
    expect(view.getSnapshot().replies.map((message) => message.text)).toEqual([text]);
    expect(await app.sessions.history(THREAD)).toEqual([
      { role: 'user', text: 'What is a cursor?' },
      { role: 'assistant', text },
    ]);
    const { run_id } = run;
    expect(await app.sessions.runs(THREAD)).toMatchObject([{ run_id, status: 'completed' }]);
  });

  test('gives one reply for a message_id, however often it is called', async (lab) => {
    let asked = 0;
    const app = await lab.app({
      responder: async function* () {
        asked += 1;
        yield* words(3);
      },
    });
    const send = (message = 'Count!') =>
      app.sessions.sendMessage(THREAD, message, { message_id: 'once' });
    const runs = await Promise.all(times(5, () => send()));
    expect(new Set(runs.map(({ run_id }) => run_id)).size).toBe(1);
    expect(await runs[0]?.result()).toEqual({ status: 'completed', text: textOf(3) });
    expect(await (await send()).result()).toEqual({ status: 'completed', text: textOf(3) });
    expect(asked).toBe(1);
    await expect(send('Something else')).rejects.toMatchObject({
      code: 'ERR_REFUSED',
      fault: { code: 'message_id_reused' },
    });
  });

  test('without a responder is refused, for programs, for HTTP and for clients', async (lab) => {
    const { sessions } = await attach(lab);
    await expect(sessions.sendMessage(THREAD, 'Anybody?')).rejects.toMatchObject({
      code: 'ERR_REFUSED',
      fault: { code: 'no_responder', retryable: false },
    });
    expect(await sessions.runs(THREAD)).toEqual([]);
  });

  test('that is invalid is refused, and nothing is written', async (lab) => {
    const { sessions } = await lab.app();
    const send = (thread: unknown, message: unknown, options = {}) =>
      sessions.sendMessage(thread as string, message as string, options);
    const bad = { code: 'ERR_BAD_MESSAGE' };
    await expect(send('no/thread', 'Hello')).rejects.toMatchObject(bad);
    await expect(send(THREAD, '')).rejects.toThrow(/'message' must be a text that is not empty/);
    await expect(send(THREAD, 7)).rejects.toMatchObject(bad);
    await expect(send(THREAD, 'x'.repeat(70_000))).rejects.toMatchObject(bad);
    await expect(send(THREAD, 'Hello', { message_id: 'with space' })).rejects.toMatchObject(bad);
    await expect(send(THREAD, 'Hello', { policy: 'hurry' })).rejects.toMatchObject(bad);
    const run = sessions.run(THREAD, { message: 'Hello' }, null as never);
    await expect(run).rejects.toMatchObject(bad);
    expect(await sessions.publish(THREAD, 'first', null)).toBe(1);
  });
});

describe("run, with a producer of the app's own", () => {
  test('needs no responder, and its reply is like any other', async (lab) => {
    const { sessions } = await attach(lab);
    const run = await sessions.run(
      THREAD,
      { message: 'Tell me', message_id: 'm1' },
      async function* ({ thread, run: { run_id } }) {
        yield {
          type: 'analysis',
          text: `${(await thread.history()).length} turns, ${run_id !== ''}`,
        };
        yield* words(4);
        return { usage: { tokens: 4 } };
      },
    );
    expect(await run.result()).toEqual({
      status: 'completed',
      text: textOf(4),
      usage: { tokens: 4 },
    });
    const events: string[] = [];
    for await (const { event } of run.events()) events.push(event);
    expect(events).toEqual([
      'run_started',
      'analysis_update',
      ...times(4, () => 'message'),
      'run_finished',
    ]);
    // A later reader gets the words as one event.
    const late = await entriesOf(sessions, {});
    const compacted = late.filter((entry) => entry.type === 'event' && entry.event === 'message');
    expect(compacted).toMatchObject([{ span: 4, data: { delta: textOf(4) } }]);
  });

  test('a repeated message_id never calls the producer, also after a restart', async (lab) => {
    const path = await lab.folder();
    let called = 0;
    const start = async () => {
      const store = await openLmdbStore({ path });
      const app = await lab.app({ store });
      const run = () =>
        app.sessions.run(THREAD, { message: 'Once', message_id: 'once' }, async function* () {
          called += 1;
          yield* words(2);
        });
      return { app, run };
    };
    const first = await start();
    const before = await (await first.run()).result();
    await first.app.close();
    const second = await start();
    expect(await (await second.run()).result()).toEqual(before);
    expect(before).toEqual({ status: 'completed', text: textOf(2) });
    expect(called).toBe(1);
  });

  test('cancelling aborts the signal and lets the producer clean up', async (lab) => {
    const { sessions } = await lab.app();
    let aborted = false;
    let cleaned = false;
    const run = await sessions.run(THREAD, { message: 'Endless' }, async function* ({ signal }) {
      try {
        yield 'first ';
        await new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            reject(signal.reason);
          });
        });
        yield 'never';
      } finally {
        cleaned = true;
      }
    });
    await until('a word is there', async () => (await entriesOf(sessions, {})).length === 2);
    expect(await sessions.cancel(THREAD)).toBe(true);
    expect(await run.result()).toEqual({ status: 'cancelled', text: 'first ' });
    await until('the producer has cleaned up', () => aborted && cleaned);
    expect(await run.cancel()).toBe(false);
    expect(await sessions.cancel(THREAD)).toBe(false);
    expect(await sessions.cancel(THREAD, 'no-such-run')).toBe(false);
  });

  test('cancelling between two words makes the producer return', async (lab) => {
    const { sessions } = await lab.app();
    let returned = false;
    const endless = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false as const, value: 'tick ' }),
        return: async () => {
          returned = true;
          return { done: true as const, value: undefined };
        },
      }),
    };
    const run = await sessions.run(THREAD, { message: 'Tick' }, () => endless);
    await until('it ticks', async () => (await entriesOf(sessions, {})).length > 3);
    expect(await run.cancel()).toBe(true);
    await until('it returns', () => returned);
    expect((await run.result()).status).toBe('cancelled');
  });

  test.for([
    ['throws', () => throwing(), 'failed', 'responder_failed'],
    ['throws at once', throwingAtOnce, 'failed', 'responder_failed'],
    ['yields malformed parts', () => yielding(7), 'failed', 'bad_part'],
    ['yields an unknown part', () => yielding({ type: 'surprise' }), 'failed', 'bad_part'],
    ['is no iterable', () => ({}), 'failed', 'responder_failed'],
    ['never ends', () => stalling(), 'failed', 'responder_stalled'],
  ] as const)(
    'a producer that %s ends its run, and the next one works',
    async ([, producer, status, code], lab) => {
      const { app } = await lab.loggedApp({ settings: { runStallMs: 100 } });
      const { sessions } = app;
      const run = await sessions.run(THREAD, { message: 'Go' }, producer as never);
      expect(await run.result()).toMatchObject({ status, error: { code } });
      const next = await sessions.run(THREAD, { message: 'Go' }, () => words(1));
      expect(await next.result()).toEqual({ status: 'completed', text: 'word0 ' });
    },
  );

  test('requests the next word when the one before is on the disk', async (lab) => {
    const path = await lab.folder();
    let committed = 0;
    let ahead = 0;
    const store = await openLmdbStore({
      path,
      wrapEnvironment: (environment) => ({
        ...environment,
        async commit(operations) {
          await environment.commit(operations);
          committed += operations.filter(({ table }) => table === 'journal').length;
        },
      }),
    });
    const { sessions } = await lab.app({ store });
    const run = await sessions.run(THREAD, { message: 'Slowly' }, async function* () {
      for (const n of times(20, (index) => index)) {
        // The message itself is one record, and each word so far another.
        if (committed < n + 1) ahead += 1;
        yield `${n} `;
      }
    });
    expect((await run.result()).status).toBe('completed');
    expect([ahead, committed >= 21]).toEqual([0, true]);
  });

  test("the producer runs in the caller's async context, also when it had to wait", async (lab) => {
    const { sessions } = await lab.app();
    const storage = new AsyncLocalStorage<string>();
    const ask = (name: string) =>
      storage.run(name, () =>
        sessions.run(THREAD, { message: name }, async function* () {
          yield `${storage.getStore()} `;
          await new Promise((resolve) => setImmediate(resolve));
          yield `${storage.getStore()}`;
        }),
      );
    const runs = await Promise.all(['anna', 'bob', 'cleo'].map(ask));
    const texts = await Promise.all(runs.map(async (run) => (await run.result()).text));
    expect(texts).toEqual(['anna anna', 'bob bob', 'cleo cleo']);
  });

  test('closing the server ends it as interrupted', async (lab) => {
    const app = await lab.app();
    const run = await app.sessions.run(THREAD, { message: 'Go on' }, () => stalling());
    const reading = entriesOf(app.sessions, { follow: true });
    await app.sessions.close();
    await reading;
    expect((await app.sessions.runs(THREAD))[0]).toMatchObject({
      run_id: run.run_id,
      status: 'interrupted',
    });
  });
});

describe('read', () => {
  test('yields past events, and with follow new ones, in order', async (lab) => {
    const { sessions } = await lab.app();
    for (const n of range(1, 300)) await sessions.publish(THREAD, 'n', n);
    expect(numbersOf(await entriesOf(sessions, {}))).toEqual(range(1, 300));
    expect(numbersOf(await entriesOf(sessions, { since: 298 }))).toEqual([299, 300]);
    const [first] = await entriesOf(sessions, {});
    const { cursor } = first as Extract<LogEntry, { type: 'event' }>;
    expect(numbersOf(await entriesOf(sessions, { since: cursor }))[0]).toBe(2);

    const seen: LogEntry[] = [];
    const reading = (async () => {
      for await (const entry of sessions.read(THREAD, { since: 'now', follow: true })) {
        seen.push(entry);
        if (seen.length === 50) return;
      }
    })();
    // Where 'now' is, only what comes tells.
    for (let n = 301; seen.length < 50; n += 1) await sessions.publish(THREAD, 'n', n);
    await reading;
    const begins = Number(numbersOf(seen)[0]);
    expect(begins).toBeGreaterThan(300);
    expect(numbersOf(seen)).toEqual(range(begins, begins + 49));
  });

  test('yields gaps and resets, and ends when its signal aborts', async (lab) => {
    const store = createMemoryStore();
    const { sessions } = await lab.app({ store });
    for (const n of range(1, 10)) await sessions.publish(THREAD, 'n', n);
    await store.logs.trim(THREAD, { maxEvents: 4 }, 100);
    expect(await entriesOf(sessions, {})).toMatchObject([
      { type: 'gap', from: 1, to: 6, reason: 'trimmed' },
      ...times(4, (n) => ({ type: 'event', offset: n + 7 })),
    ]);
    const controller = new AbortController();
    const seen: LogEntry[] = [];
    const { signal } = controller;
    const reading = (async () => {
      for await (const entry of sessions.read(THREAD, { since: 9, follow: true, signal })) {
        seen.push(entry);
      }
    })();
    await until('it is at the end', () => seen.length === 1);
    await sessions.deleteThread(THREAD);
    await until('it is reset', () => seen.length === 2);
    expect(seen[1]).toMatchObject({ type: 'reset', reason: 'deleted', from: 1 });
    controller.abort();
    await reading;
    expect(await entriesOf(sessions, { since: 'malformed' })).toMatchObject([{ type: 'reset' }]);
  });

  test('of an unknown thread yields nothing, and creates none', async (lab) => {
    const store = createMemoryStore();
    const { sessions } = await lab.app({ store });
    expect(await entriesOf(sessions, {})).toEqual([]);
    expect(await store.logs.head(THREAD)).toBeUndefined();
    expect(await sessions.history(THREAD)).toEqual([]);
    expect(() => sessions.read('no/thread')).toThrow(/thread_id/);
  });
});

async function entriesOf(sessions: SessionServer, options: ReadOptions): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for await (const entry of sessions.read(THREAD, options)) entries.push(entry);
  return entries;
}

const numbersOf = (entries: readonly LogEntry[]): unknown[] =>
  entries.map((entry) => (entry.type === 'event' ? entry.data : entry.type));

async function* throwing(): AsyncGenerator<Part> {
  yield { type: 'message', delta: 'so far ' };
  throw new Error('secret reason');
}

function throwingAtOnce(): never {
  throw new Error('at once');
}

async function* yielding(value: unknown): AsyncGenerator<unknown> {
  yield value;
}

async function* stalling(): AsyncGenerator<string> {
  await new Promise(() => {});
  yield 'never';
}
