import { createDemoResponder } from '@session-monitor/server';
import { openLmdbStore } from '@session-monitor/server/lmdb';
import { io } from 'socket.io-client';
import { describe, expect } from 'vitest';
import { compactRun } from '../../packages/server/dist/runs/compact-run.js';
import type { TestClient, TestClientOptions } from '../support/client.js';
import { type Lab, test } from '../support/lab.js';
import { readRun } from '../support/run-reader.js';
import { times, until } from '../support/until.js';

const THREAD = 'compacted';
const WORDS = 60;
const question = {
  user_input: 'What is a cursor?',
  thread_id: THREAD,
  use_websocket: true,
  message_id: 'asked',
};

interface Reader {
  readonly client: TestClient;
  /** What the app has received of the reply: the text of each part. */
  readonly deltas: string[];
  readonly spans: number[];
}

/** Follows the thread and records the text of replies. */
function follow(lab: Lab, url: string, options: TestClientOptions = {}): Reader {
  const client = lab.client(url, { thread_id: THREAD, since: 'start', idle: true, ...options });
  const deltas: string[] = [];
  const spans: number[] = [];
  client.monitor.on('message', (data, { span }) => {
    deltas.push((data as { delta: string }).delta);
    spans.push(span);
  });
  client.monitor.start();
  return { client, deltas, spans };
}

/** A server whose replies are kept, and one reply on it that has ended. */
async function withReply(lab: Lab, settings: { compaction?: boolean } = {}) {
  const store = await openLmdbStore({ path: await lab.folder() });
  const responder = createDemoResponder({ partsPerSecond: 2_000, words: WORDS, exact: true });
  const app = await lab.app({ store, responder, settings });
  const live = follow(lab, app.url);
  await until('live', () => live.client.monitor.status.state === 'live');
  let finished = false;
  live.client.monitor.on('run_finished', () => {
    finished = true;
  });
  const { parts, ids } = await readRun(app.url, question);
  await until('all of it is applied', () => finished);
  await until('over', () => app.sessions.stats().runs === 0);
  if (settings.compaction !== false) await until('compacted', () => isCompacted(app.url));
  return { app, store, live, parts, ids, text: live.deltas.join('') };
}

async function isCompacted(url: string): Promise<boolean> {
  const page = `${url}/threads/${THREAD}/events?since=start`;
  const answer = await fetch(page, { headers: { accept: 'application/json' } });
  return (await answer.text()).includes('"span"');
}

/** For a reader that joins after the end: its receipt contains the head. */
const atHead = ({ client: { monitor } }: Reader): boolean =>
  monitor.status.head > 1 && monitor.status.offset === monitor.status.head;

describe('a reply that has ended', () => {
  test('is one event for a late reader, with the same end', async (lab) => {
    const { app, live, text } = await withReply(lab);
    expect(live.deltas.length).toBe(WORDS);
    // Without followers, the thread is read from the store.
    live.client.close();
    await until('readers are gone', () => app.sessions.stats().threads === 0);
    const late = follow(lab, app.url);
    await until('at the head', () => atHead(late));
    expect(late.deltas).toEqual([text]);
    expect(late.spans).toEqual([WORDS]);
    expect(late.client.monitor.status.offset).toBe(live.client.monitor.status.offset);
    expect([late.client.gaps, late.client.resets, late.client.errors]).toEqual([[], [], []]);
  });

  test('is read word by word by a reader in the middle of it', async (lab) => {
    const { app, live, parts, ids, text } = await withReply(lab);
    live.client.close();
    await until('readers are gone', () => app.sessions.stats().threads === 0);
    const first = parts.findIndex(({ type }) => type === 'message');
    for (const read of [1, 7, WORDS - 1]) {
      const cursor = ids[first + read - 1] ?? '';
      const inside = follow(lab, app.url, { cursor });
      await until('at the head', () => atHead(inside));
      expect(inside.deltas.length).toBe(WORDS - read);
      expect(inside.spans.every((span) => span === 1)).toBe(true);
      const rest = parts.slice(first + read).filter(({ type }) => type === 'message');
      expect(inside.deltas).toEqual(rest.map(({ delta }) => delta));
      expect(text.endsWith(inside.deltas.join(''))).toBe(true);
      inside.client.close();
    }
    // At its very end no part is left.
    const after = follow(lab, app.url, { cursor: ids[first + WORDS - 1] ?? '' });
    await until('at the head', () => atHead(after));
    expect([after.deltas, after.client.resets]).toEqual([[], []]);
  });

  test('is one event with one argument for a v1 client', async (lab) => {
    const { app, live, text } = await withReply(lab);
    live.client.close();
    await until('readers are gone', () => app.sessions.stats().sessions === 0);
    const socket = io(app.url, { forceNew: true });
    lab.defer(() => socket.disconnect());
    const args: unknown[][] = [];
    let finished = false;
    socket.on('message', (...given: unknown[]) => args.push(given));
    socket.on('run_finished', () => {
      finished = true;
    });
    socket.on('connect', () => socket.emit('register_session', { thread_id: THREAD }));
    await until('the end', () => finished);
    expect(args.map((given) => given.length)).toEqual([1]);
    expect(args[0]?.[0]).toMatchObject({ delta: text });
  });

  test('is the same run for a request after its end', async (lab) => {
    const { app, parts, ids } = await withReply(lab);
    const message = { ...question, message_id: 'again' };
    const once = await readRun(app.url, message);
    const again = await readRun(app.url, message);
    expect(again.parts).toEqual(once.parts);
    expect(again.ids).toEqual(once.ids);
    expect(again.parts.filter(({ type }) => type === 'message').length).toBe(WORDS);
    expect(parts.length).toBe(ids.length);
  });

  test('is one event with its `span` over HTTP', async (lab) => {
    const { app, live, text } = await withReply(lab);
    live.client.close();
    await until('readers are gone', () => app.sessions.stats().threads === 0);
    const url = `${app.url}/threads/${THREAD}/events?since=start`;
    const page = await fetch(url, { headers: { accept: 'application/json' } });
    const { events, more, head } = (await page.json()) as {
      events: { offset: number; event: string; span?: number; data: { delta?: string } }[];
      more: boolean;
      head: number;
    };
    const [whole] = events.filter(({ event }) => event === 'message');
    expect(whole).toMatchObject({ span: WORDS, data: { delta: text } });
    expect([more, events.at(-1)?.offset]).toEqual([false, head]);
    // The missing offsets are those of its compacted range.
    let next = 1;
    for (const { offset, span = 1 } of events) {
      expect(offset - span + 1).toBe(next);
      next = offset + 1;
    }
  });

  test('is kept as it came where compaction is off', async (lab) => {
    const { app, live } = await withReply(lab, { compaction: false });
    live.client.close();
    await until('readers are gone', () => app.sessions.stats().threads === 0);
    const late = follow(lab, app.url);
    await until('at the head', () => atHead(late));
    expect(late.deltas).toEqual(live.deltas);
  });
});

test('a late reader of 100 replies of 500 words gets at least 50 times fewer events', async (lab) => {
  const [runs, words] = [100, 500];
  const store = await openLmdbStore({ path: await lab.folder() });
  const { epoch } = await store.logs.open(THREAD);
  for (let run = 0; run < runs; run += 1) {
    const names = { run_id: `run-${run}`, thread_id: THREAD };
    const head = await store.logs.head(THREAD);
    const cursor = `${epoch}.${head?.offset}.${head?.tag}`;
    const events = [
      ['run_started', { type: 'run_started', user_input: 'Why?', ...names }],
      ...times(words, (index) => ['message', { type: 'message', index, delta: ' word', ...names }]),
      ['run_finished', { type: 'run_finished', status: 'completed', ...names }],
    ];
    await store.logs.append(
      THREAD,
      events.map((event) => JSON.stringify(event)),
    );
    const turns = { run: <T>(work: () => Promise<T>) => work() };
    await compactRun(store.logs, { run_id: names.run_id, log_id: THREAD, cursor }, turns);
  }
  const app = await lab.app({ store });
  const late = follow(lab, app.url);
  let given = 0;
  late.client.monitor.onAny(() => {
    given += 1;
  });
  await until('at the head', () => atHead(late));
  const offsets = late.client.monitor.status.offset;
  expect(offsets).toBe(runs * (words + 2));
  expect(late.deltas.join('')).toBe(' word'.repeat(runs * words));
  expect(offsets / given).toBeGreaterThanOrEqual(50);
});
