import {
  createDemoResponder,
  type Part,
  type Responder,
  ResponderError,
} from '@session-monitor/server';
import { describe, expect } from 'vitest';
import { jsonPost, refusalOf } from '../support/json.js';
import { test } from '../support/lab.js';
import { partsOf, postJson, type RunPart, readRun } from '../support/run-reader.js';
import { times, until } from '../support/until.js';

const THREAD = 'control';
const question = { user_input: 'Well?', thread_id: THREAD, use_websocket: true };

const post = (url: string, more: object = {}) =>
  postJson(`${url}/havefun`, { ...question, ...more });
const cancel = async (url: string, run_id: string, thread_id = THREAD) =>
  postJson(`${url}/threads/${thread_id}/runs/${run_id}/cancel`, {});
/** The end of a stream's run. */
const endOf = ({ text }: { readonly text: string }) => partsOf(text).at(-1);

/** Says one word, then waits for its signal to abort. */
const endless: Responder = async function* (_request, { signal }) {
  yield { type: 'message', delta: 'word' };
  await new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
};

describe('runs that meet on a thread', () => {
  test('are produced in the order of their messages', async (lab) => {
    const order: string[] = [];
    const responder: Responder = async function* ({ user_input }) {
      order.push(`${user_input} begins`);
      yield { type: 'message', delta: 'word' };
      order.push(`${user_input} ends`);
    };
    const app = await lab.app({ responder });
    const answers: Promise<unknown>[] = [];
    for (const user_input of ['a', 'b', 'c']) {
      answers.push(post(app.url, { user_input, message_id: user_input }));
      await until('it is entered', () => app.sessions.stats().runs > 0 || order.length > 0);
    }
    await Promise.all(answers);
    const names = order.map((each) => each.split(' ')[0]);
    expect([names[0], names[2], names[4]]).toEqual([names[1], names[3], names[5]]);
    expect(new Set(names)).toEqual(new Set(['a', 'b', 'c']));
  });

  test('under the policy reject the next one is refused while one is produced', async (lab) => {
    const { app, release } = await lab.heldApp();
    const first = post(app.url);
    await until('it is under way', () => app.sessions.stats().runs === 1);
    const refused = await post(app.url, { policy: 'reject', message_id: 'm' });
    expect(await refusalOf(refused)).toEqual([409, 'thread_busy']);
    expect(refused.headers['retry-after']).toBe('5');
    // Another thread is not busy.
    const elsewhere = post(app.url, { policy: 'reject', thread_id: 'other' });
    await until('both are under way', () => app.sessions.stats().runs === 2);
    release();
    expect((await elsewhere).status).toBe(200);
    expect(endOf(await first)).toMatchObject({ status: 'completed' });
    // A refused message opens no run, so the same message may be posted now.
    const now = await post(app.url, { policy: 'reject', message_id: 'm' });
    expect(endOf(now)).toMatchObject({ status: 'completed' });
  });

  test('under the policy cancel_previous the next one ends those before it', async (lab) => {
    const responder: Responder = async function* (request, context) {
      if (request.user_input === 'stop that') yield { type: 'message', delta: 'fine' };
      else yield* endless(request, context) as AsyncIterable<Part>;
    };
    const app = await lab.app({ responder, settings: { maxRunsPerThread: 2 } });
    const before = times(2, () => post(app.url));
    await until('one is produced, one waits', () => app.sessions.stats().runs === 2);
    const last = await post(app.url, { user_input: 'stop that', policy: 'cancel_previous' });
    expect(endOf(last)).toMatchObject({ status: 'completed' });
    for (const answer of await Promise.all(before)) {
      expect(endOf(answer)).toMatchObject({ status: 'cancelled' });
    }
  });

  test('beyond the limit are refused with a time to retry', async (lab) => {
    const app = await lab.app({ responder: endless, settings: { maxRunsPerThread: 2 } });
    const waiting = times(2, () => post(app.url));
    await until('the queue is full', () => app.sessions.stats().runs === 2);
    const refused = await post(app.url);
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '5']);
    await app.sessions.close();
    for (const answer of await Promise.all(waiting)) {
      expect(endOf(answer)).toMatchObject({ status: 'interrupted', error: { code: 'draining' } });
    }
  });

  test('that wait for too long fail, and the others go on', async (lab) => {
    const { app, release } = await lab.heldApp({ settings: { runWaitMs: 30 } });
    const first = post(app.url);
    await until('it is under way', () => app.sessions.stats().runs === 1);
    const second = partsOf((await post(app.url)).text);
    expect(second.map(({ type }) => type)).toEqual(['run_started', 'run_finished']);
    expect(second.at(-1)).toMatchObject({ status: 'failed', error: { code: 'queue_timeout' } });
    release();
    expect(endOf(await first)).toMatchObject({ status: 'completed' });
  });
});

describe('cancelling', () => {
  test('ends a run for every client of the thread, and aborts its responder', async (lab) => {
    const signals: AbortSignal[] = [];
    const responder: Responder = (request, context) => {
      signals.push(context.signal);
      return endless(request, context);
    };
    const app = await lab.app({ responder });
    const client = lab.client(app.url, { thread_id: THREAD });
    const seen: Record<string, unknown>[] = [];
    client.socket.on('run_finished', (data) => seen.push(data));
    const run_ids: string[] = [];
    const answer = postJson(`${app.url}/havefun`, question, {
      onChunk: (text) => text.includes('word') && run_ids.push(partsOf(text)[0]?.run_id ?? ''),
    });
    const run_id = await until('it is under way', () => run_ids[0]);
    const cancelled = await cancel(app.url, run_id);
    expect(cancelled.status).toBe(200);
    expect(JSON.parse(cancelled.text)).toEqual({ run_id, status: 'cancelled' });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(endOf(await answer)).toMatchObject({ run_id, status: 'cancelled' });
    await until('the client has its end', () => seen.length === 1);
    expect(seen[0]).toMatchObject({ run_id, status: 'cancelled' });
    const again = await cancel(app.url, run_id);
    expect(await refusalOf(again)).toEqual([409, 'run_finished']);
    expect(again.text).toContain('"The run has already ended: cancelled."');
  });

  test('ends a run that waits at once, and those behind it keep their turn', async (lab) => {
    const { app, release } = await lab.heldApp();
    const first = readRun(app.url, { ...question, message_id: 'first' });
    await until('it is under way', () => app.sessions.stats().runs === 1);
    const run_ids: string[] = [];
    const second = postJson(`${app.url}/havefun`, question, {
      onChunk: (text) => run_ids.push(partsOf(text)[0]?.run_id ?? ''),
    });
    const run_id = await until('it waits', () => run_ids[0]);
    const third = readRun(app.url, { ...question, message_id: 'third' });
    await until('both wait', () => app.sessions.stats().runs === 3);
    const cancelled = await cancel(app.url, run_id);
    expect([cancelled.status, JSON.parse(cancelled.text).status]).toEqual([200, 'cancelled']);
    const types = partsOf((await second).text).map(({ type }) => type);
    expect(types).toEqual(['run_started', 'run_finished']);
    expect(app.sessions.stats().runs).toBe(2);
    release();
    for (const { parts } of await Promise.all([first, third])) {
      expect(parts.at(-1)).toMatchObject({ status: 'completed' });
    }
  });

  test('is refused for a run that has ended, is of another thread, or never was', async (lab) => {
    const app = await lab.app();
    const [started] = partsOf((await post(app.url)).text);
    const run_id = started?.run_id ?? '';
    const refused = async (id: string, thread_id?: string) =>
      refusalOf(await cancel(app.url, id, thread_id));
    expect(await refused(run_id)).toEqual([409, 'run_finished']);
    expect((await cancel(app.url, run_id)).text).toContain(
      '"The run has already ended: completed."',
    );
    expect(await refused(run_id, 'other')).toEqual([404, 'run_unknown']);
    expect(await refused('nothing')).toEqual([404, 'run_unknown']);
    expect(await refused(run_id, 'a%20b')).toEqual([400, 'bad_thread_id', 'thread_id']);
  });

  test('needs the permission of authorize', async (lab) => {
    const asked: unknown[] = [];
    const app = await lab.app({
      responder: endless,
      authorize: ({ action, thread_id, token }) => {
        if (action === 'cancel') asked.push([thread_id, token]);
        return action !== 'cancel' || token === 'good';
      },
    });
    const client = new AbortController();
    const { signal } = client;
    const response = await fetch(`${app.url}/havefun`, { ...jsonPost(question), signal });
    const run_id = response.headers.get('x-run-id') ?? '';
    expect(await refusalOf(await cancel(app.url, run_id))).toEqual([403, 'authorisation']);
    const url = `${app.url}/threads/${THREAD}/runs/${run_id}/cancel`;
    const headers = { authorization: 'Bearer good' };
    expect((await fetch(url, { method: 'POST', headers })).status).toBe(200);
    expect(asked).toEqual([
      [THREAD, undefined],
      [THREAD, 'good'],
    ]);
    await response.text();
  });
});

describe('a responder that misbehaves', () => {
  const cyclic: Record<string, unknown> = { type: 'message' };
  cyclic.self = cyclic;
  const malformed: Record<string, unknown> = {
    'a part of no known type': { type: 'surprise' },
    'a terminal part': { type: 'run_finished', status: 'completed' },
    'a part without a type': { delta: 'word' },
    'a name of the prototype': { type: 'constructor' },
    nothing: undefined,
    null: null,
    'a number': 7,
    'a list': [{ type: 'message' }],
    'what JSON has no word for': { type: 'message', delta: 1n },
    'a circle': cyclic,
    'a part that is too large': { type: 'message', delta: 'x'.repeat(600_000) },
  };
  test('and yields malformed parts ends its run as failed, with what came before', async (lab) => {
    const responder: Responder = async function* ({ user_input }) {
      yield { type: 'message', delta: 'good' };
      yield malformed[user_input] as never;
    };
    const { app, lines } = await lab.loggedApp({ responder });
    for (const user_input of Object.keys(malformed)) {
      const parts = partsOf((await post(app.url, { user_input })).text);
      expect([user_input, ...parts.map(({ type }) => type)]).toEqual([
        ...[user_input, 'run_started', 'message', 'run_finished'],
      ]);
      expect(parts.at(-1)).toMatchObject({ status: 'failed', error: { code: 'bad_part' } });
    }
    const failures = lines.filter(({ msg }) => msg === 'A responder failed');
    expect(failures.length).toBe(Object.keys(malformed).length);
  });

  const broken: Record<string, Responder> = {
    'throws before it begins': () => {
      throw new Error('secret');
    },
    'returns nothing': () => undefined as never,
    'returns a list': () => [] as never,
    'has an iterator that gives nothing': () => ({
      [Symbol.asyncIterator]: () => ({ next: () => undefined as never }),
    }),
    'cannot be closed': () => ({
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(new Error('secret')),
        return: () => {
          throw new Error('secret');
        },
      }),
    }),
    'throws what is no error': async function* () {
      yield { type: 'message', delta: 'word' };
      throw 'secret';
    },
  };
  test('and breaks ends its run as failed, and the next one works', async (lab) => {
    const demo = createDemoResponder({ partsPerSecond: 10_000, words: 1, exact: true });
    const responder: Responder = (request, context) =>
      (broken[request.user_input] ?? demo)(request, context);
    const { app } = await lab.loggedApp({ responder });
    for (const user_input of Object.keys(broken)) {
      const answer = await post(app.url, { user_input });
      expect([user_input, endOf(answer)]).toMatchObject([
        user_input,
        { status: 'failed', error: { code: 'responder_failed' } },
      ]);
      expect(answer.text).not.toContain('secret');
      const next = await post(app.url);
      expect(endOf(next)).toMatchObject({ status: 'completed' });
    }
  });

  test('and stalls ends its run as failed, is aborted, and holds up no other run', async (lab) => {
    const signals: AbortSignal[] = [];
    const responder: Responder = async function* (_request, { signal }) {
      signals.push(signal);
      yield { type: 'message', delta: 'word' };
      await new Promise(() => {});
    };
    const { app } = await lab.loggedApp({ responder, settings: { runStallMs: 40 } });
    const answers = await Promise.all(times(2, () => post(app.url)));
    for (const { text } of answers) {
      const parts = partsOf(text);
      expect(parts.map(({ type }) => type)).toEqual(['run_started', 'message', 'run_finished']);
      const error = { code: 'responder_stalled' };
      expect(parts.at(-1)).toMatchObject({ status: 'failed', error });
    }
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  test('may report why it fails, and what a reply has cost', async (lab) => {
    const responder: Responder = async function* ({ user_input }) {
      yield { type: 'message', delta: 'word' };
      if (user_input === 'fail') throw new ResponderError('no_credit', 'Nothing is left to spend.');
      return { usage: { total_tokens: 7 } };
    };
    const { app, lines } = await lab.loggedApp({ responder });
    const failed = partsOf((await post(app.url, { user_input: 'fail' })).text);
    const failures = lines.filter(({ msg }) => msg === 'A responder failed');
    expect(failures).toMatchObject([{ err: { type: 'ResponderError' } }]);
    expect(failed.at(-1)).toMatchObject({
      status: 'failed',
      error: { code: 'no_credit', message: 'Nothing is left to spend.' },
    });
    const paid = partsOf((await post(app.url)).text);
    expect(paid.at(-1)).toMatchObject({ status: 'completed', usage: { total_tokens: 7 } });
  });
});

describe('a server that is killed in the middle of runs', () => {
  test('has ended them within two seconds of being up, with every part that was seen', async (lab) => {
    const server = await lab.server({ demo: { partsPerSecond: 100, words: 10_000 } });
    const seen: RunPart[] = [];
    const client = lab.client(server.url, { thread_id: THREAD });
    client.socket.onAny((_event, data) => data?.run_id && seen.push(data));
    const message = { ...question, message_id: 'm' };
    const cut = times(2, (n) =>
      postJson(`${server.url}/havefun`, { ...message, message_id: n === 0 ? 'm' : 'waits' }),
    );
    await until('some parts are there', () => seen.length > 50);
    await server.kill();
    const before = (await Promise.all(cut)).flatMap(({ text }) => partsOf(text));
    await server.restart();
    const upAt = performance.now();
    const { parts } = await readRun(server.url, message);
    const waited = await readRun(server.url, { ...message, message_id: 'waits' });
    const ms = performance.now() - upAt;
    expect(ms).toBeLessThan(2_000);
    for (const reply of [parts, waited.parts]) {
      expect(reply[0]?.type).toBe('run_started');
      expect(reply.at(-1)).toMatchObject({ status: 'interrupted', error: { code: 'node_lost' } });
    }
    const all = [...parts, ...waited.parts].map((part) => JSON.stringify(part));
    for (const part of [...before, ...seen]) expect(all).toContain(JSON.stringify(part));
    await until('the follower has both ends', () => seen.length === all.length);
  });
});
