import { createDemoResponder, createMemoryStore } from '@session-monitor/server';
import { openLmdbStore } from '@session-monitor/server/lmdb';
import { describe, expect } from 'vitest';
import { counted } from '../support/counted-responder.js';
import { heldResponder } from '../support/held-responder.js';
import { refusalOf } from '../support/json.js';
import { test } from '../support/lab.js';
import { parseSse, partsOf, postJson, readRun } from '../support/run-reader.js';
import { times, until } from '../support/until.js';

const THREAD = 'runs';
/** The limit for fifty readers and some hundred connections, on a busy machine. */
const PATIENCE_MS = 90_000;
const question = { user_input: 'What is a cursor?', thread_id: THREAD };

describe('a message that is posted again', () => {
  for (const use_websocket of [true, false]) {
    const name = use_websocket ? 'on the thread' : 'by themselves';

    test(
      `50 times at once, over connections that are cut at random, starts one run; all see the same parts, ${name}`,
      async (lab) => {
        const { responder, asked } = counted(
          createDemoResponder({ partsPerSecond: 200, words: 80, exact: true }),
        );
        const store = await openLmdbStore({ path: await lab.folder() });
        const app = await lab.app({ responder, store });
        const message = { ...question, use_websocket, message_id: 'the-question' };
        let cuts = 0;
        const replies = await Promise.all(
          times(50, () =>
            readRun(app.url, message, (_text, cut) => {
              if (Math.random() > 0.05) return;
              cuts += 1;
              cut();
            }),
          ),
        );
        expect(asked.length).toBe(1);
        expect(cuts).toBeGreaterThan(50);
        const [first] = replies;
        expect(first?.parts.at(0)?.type).toBe('run_started');
        expect(first?.parts.filter(({ type }) => type === 'message').length).toBe(80);
        expect(first?.parts.at(-1)).toMatchObject({ type: 'run_finished', status: 'completed' });
        expect(new Set(first?.ids).size).toBe(first?.parts.length);
        for (const { parts, ids } of replies) {
          expect(parts).toEqual(first?.parts);
          expect(ids).toEqual(first?.ids);
        }
      },
      PATIENCE_MS,
    );

    test(`after its end, and after a restart, is answered with the same parts, ${name}`, async (lab) => {
      const { responder, asked } = counted(
        createDemoResponder({ partsPerSecond: 1_000, words: 9, exact: true }),
      );
      const path = await lab.folder();
      const message = { ...question, use_websocket, message_id: 'again' };
      const first = await lab.app({ responder, store: await openLmdbStore({ path }) });
      const before = await readRun(first.url, message);
      await readRun(first.url, { ...message, message_id: 'another' });
      expect((await readRun(first.url, message)).parts).toEqual(before.parts);
      await first.close();
      const second = await lab.app({ responder, store: await openLmdbStore({ path }) });
      const after = await readRun(second.url, message);
      expect([after.parts, after.ids]).toEqual([before.parts, before.ids]);
      expect(asked.length).toBe(2);

      // A reader may resume after any part, the last one included.
      const from = async (id: string | undefined) => {
        const headers = { 'last-event-id': id ?? '' };
        return partsOf((await postJson(`${second.url}/havefun`, message, { headers })).text);
      };
      expect(await from(before.ids[4])).toEqual(before.parts.slice(5));
      expect(await from(before.ids.at(-1))).toEqual([]);
    });
  }

  test('resumes the running reply when its reader is back in time', async (lab) => {
    const { responder, release } = heldResponder();
    const { asked, ...counting } = counted(responder);
    const app = await lab.app({ ...counting, settings: { runOrphanMs: 60_000 } });
    const message = { ...question, message_id: 'm' };
    const cut = await postJson(`${app.url}/havefun`, message, {
      onChunk: (text, end) => text.includes(' reply') && end(),
    });
    expect(partsOf(cut.text).map(({ type }) => type)).toContain('message');
    release();
    const whole = await readRun(app.url, message);
    expect(whole.parts.at(-1)).toMatchObject({ status: 'completed' });
    expect(asked.length).toBe(1);
  });

  test('is known by the header Idempotency-Key, in quotes or not', async (lab) => {
    const { responder, asked } = counted(
      createDemoResponder({ partsPerSecond: 1_000, words: 3, exact: true }),
    );
    const app = await lab.app({ responder });
    const url = `${app.url}/havefun`;
    const post = (headers: Record<string, string>, more: object = {}) =>
      postJson(url, { ...question, ...more }, { headers });
    const first = await post({ 'idempotency-key': 'key' });
    const quoted = await post({ 'idempotency-key': '"key"' });
    const inBody = await post({}, { message_id: 'key' });
    const both = await post({ 'idempotency-key': 'key' }, { message_id: 'key' });
    for (const answer of [quoted, inBody, both]) expect(answer.text).toBe(first.text);
    expect(first.headers['x-run-id']).toBe(partsOf(first.text)[0]?.run_id);
    expect(asked.length).toBe(1);
    const differing = await post({ 'idempotency-key': 'key' }, { message_id: 'other' });
    const bad = await post({ 'idempotency-key': 'a key' });
    for (const answer of [differing, bad]) {
      expect(await refusalOf(answer)).toEqual([400, 'bad_request', 'message_id']);
    }
  });

  test('with another text under the same id is refused, running or finished', async (lab) => {
    const { app, release } = await lab.heldApp();
    const message = { ...question, use_websocket: true, message_id: 'm' };
    const first = readRun(app.url, message);
    await until('it is under way', () => app.sessions.stats().runs === 1);
    const refuse = async (more: object) => {
      const answer = await postJson(`${app.url}/havefun`, { ...message, ...more });
      expect(await refusalOf(answer)).toEqual([422, 'message_id_reused', 'message_id']);
    };
    await refuse({ user_input: 'Something else?' });
    await refuse({ use_websocket: false });
    release();
    await first;
    await refuse({ user_id: 'somebody' });
    // On another thread it is another message.
    await readRun(app.url, { ...message, thread_id: 'other', user_input: 'Something else?' });
  });

  test('on a thread that was trimmed meanwhile announces the gap', async (lab) => {
    const store = createMemoryStore();
    const app = await lab.app({ store, settings: { retention: {} } });
    const message = { ...question, use_websocket: true, message_id: 'm' };
    const { parts } = await readRun(app.url, message);
    await store.logs.trim(THREAD, { maxEvents: 3 }, 1_000);
    const late = parseSse((await postJson(`${app.url}/havefun`, message)).text);
    const gap = { from: 1, to: parts.length - 3, reason: 'trimmed' };
    expect(late[0]).toMatchObject({ event: 'gap', data: JSON.stringify(gap) });
    expect(late.slice(1).map(({ data }) => JSON.parse(data))).toEqual(parts.slice(-3));
  });

  test('with an invalid Last-Event-ID is answered from the beginning after a reset', async (lab) => {
    const app = await lab.app();
    const message = { ...question, use_websocket: true, message_id: 'm' };
    const { parts } = await readRun(app.url, message);
    const answer = await postJson(`${app.url}/havefun`, message, {
      headers: { 'last-event-id': 'malformed' },
    });
    const [reset, ...events] = parseSse(answer.text);
    expect(reset).toMatchObject({ event: 'reset', data: '{"reason":"epoch_changed","from":1}' });
    expect(events.map(({ data }) => JSON.parse(data))).toEqual(parts);
  });
});

test('a stream has the parts of its run, and no events that imitate parts', async (lab) => {
  const { app, release } = await lab.heldApp();
  const run_ids: string[] = [];
  const answer = postJson(
    `${app.url}/havefun`,
    { ...question, use_websocket: true },
    { onChunk: (text) => run_ids.push(partsOf(text)[0]?.run_id ?? '') },
  );
  const run_id = await until('it is under way', () => run_ids[0]);
  const forged = { type: 'run_finished', status: 'completed', run_id, thread_id: THREAD };
  await app.sessions.publish(THREAD, 'note', forged);
  await app.sessions.publish(THREAD, 'note', { type: 'message', delta: 'forged', run_id });
  release();
  const { text } = await answer;
  expect(text).not.toContain('forged');
  const types = partsOf(text).map(({ type }) => type);
  expect(types.filter((type) => type === 'run_finished').length).toBe(1);
  expect(types.at(-1)).toBe('run_finished');
});

describe('a reply over HTTP', () => {
  test('without use_websocket is cancelled some time after its last reader left', async (lab) => {
    const { responder } = heldResponder();
    const app = await lab.app({ responder, settings: { runOrphanMs: 50 } });
    const message = { ...question, message_id: 'm' };
    await postJson(`${app.url}/havefun`, message, { onChunk: (_text, cut) => cut() });
    await until('it has ended', () => app.sessions.stats().runs === 0);
    const { parts } = await readRun(app.url, message);
    expect(parts.at(-1)).toMatchObject({ type: 'run_finished', status: 'cancelled' });
  });

  test('sends heartbeats while it waits for its responder', async (lab) => {
    const { app, release } = await lab.heldApp({ settings: { pingIntervalMs: 20 } });
    const answer = await postJson(`${app.url}/havefun`, question, {
      onChunk: (text) => text.includes(' reply') && text.endsWith(': still here\n\n') && release(),
    });
    expect(answer.text).toContain('\n: still here\n\n');
    expect(partsOf(answer.text).at(-1)).toMatchObject({ status: 'completed' });
  });
});
