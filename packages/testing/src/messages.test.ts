import { describe, expect } from 'vitest';
import { follow, THREAD, test } from './lab.fixture.js';
import type { ReplyPart } from './reply.js';

const names = (heard: readonly [string, unknown][]): string[] => heard.map(([event]) => event);
const words = (heard: readonly [string, unknown][]): string =>
  heard
    .filter(([event]) => event === 'message')
    .map(([, data]) => (data as { readonly delta: string }).delta)
    .join('');

const deltas = (text: string): ReplyPart[] =>
  text.split(/(?= )/).map((delta) => ({ type: 'message', delta }));

test('a message is repeated as its reply, unless the test sets another one', async (lab) => {
  const { server, app } = lab.follow();
  const run = await app.monitor.sendMessage('Well?', { message_id: 'm' });
  await server.settled();
  expect(run).toEqual({ run_id: expect.any(String), message_id: 'm', thread_id: THREAD });
  expect(names(app.heard)).toEqual(['run_started', 'message', 'run_finished']);
  const { run_id } = run;
  expect(app.heard.map(([, data]) => data)).toEqual([
    {
      type: 'run_started',
      user_input: 'Well?',
      user_id: null,
      message_id: 'm',
      run_id,
      thread_id: THREAD,
    },
    { type: 'message', delta: 'Well?', run_id, thread_id: THREAD },
    { type: 'run_finished', status: 'completed', run_id, thread_id: THREAD },
  ]);
  expect(app.monitor.status.runs).toEqual([
    { run_id, message_id: 'm', user_input: 'Well?', state: 'completed' },
  ]);
});

test('a reply is parts, or what makes them of the question', async (lab) => {
  const parts: ReplyPart[] = [
    { type: 'analysis', text: 'Hm.' },
    { type: 'knowledge', title: 'A book' },
    ...deltas('As it says'),
    { type: 'next_action', text: 'Read it.' },
  ];
  const { server, app } = lab.follow({ reply: parts }, { user_id: 'ada' });
  await app.monitor.sendMessage('What?');
  await server.settled();
  expect(words(app.heard)).toBe('As it says');
  expect([...new Set(names(app.heard))]).toEqual([
    ...['run_started', 'analysis_update', 'knowledge', 'message', 'next_action', 'run_finished'],
  ]);
  server.reply(async function* ({ user_input, user_id }) {
    yield { type: 'message', delta: `${user_id} asked: ` };
    yield { type: 'message', delta: user_input };
  });
  await app.monitor.sendMessage('Why?');
  await server.settled();
  expect(words(app.heard)).toBe('As it saysada asked: Why?');
});

test('a reply takes its time, and goes on while its reader is cut off', async (lab) => {
  const { server, app } = lab.follow();
  server.reply(deltas('one two three four five six'), { everyMs: 100 });
  await app.monitor.sendMessage('Count.');
  await lab.clock.advance(150);
  expect(words(app.heard)).toBe('one two');
  expect(app.monitor.status.runs).toMatchObject([{ state: 'running' }]);
  server.down();
  await lab.clock.advance(250);
  expect(words(app.heard)).toBe('one two');
  server.up();
  await server.settled();
  expect(words(app.heard)).toBe('one two three four five six');
  expect(app.monitor.status.runs).toMatchObject([{ state: 'completed' }]);
});

test('settled does not wait for a reply that the test holds back', async (lab) => {
  const { server, app } = lab.follow();
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  server.reply(async function* () {
    yield { type: 'message', delta: 'Half' };
    await held;
    yield { type: 'message', delta: ' a reply' };
  });
  await app.monitor.sendMessage('Go on.');
  await server.settled();
  expect(words(app.heard)).toBe('Half');
  release();
  await server.settled();
  expect(words(app.heard)).toBe('Half a reply');
});

test('a reader that joins after a reply gets its text as one event', async (lab) => {
  const server = lab.server({ reply: deltas('one two three') });
  const early = follow(server);
  await early.monitor.sendMessage('Count.');
  await server.settled();
  const late = follow(server);
  const covered: number[] = [];
  late.monitor.on('message', (_data, { span }) => covered.push(span));
  await server.settled();
  expect([words(early.heard), words(late.heard)]).toEqual(['one two three', 'one two three']);
  expect([early.offsets, late.offsets]).toEqual([
    [1, 2, 3, 4, 5],
    [1, 4, 5],
  ]);
  expect(covered).toEqual([3]);
});

describe('a reply that does not end well', () => {
  test('fails with the code of what it throws, or without one', async (lab) => {
    const { server, app } = lab.follow();
    for (const failure of [
      new Error('a secret of the server'),
      Object.assign(new Error('The model is busy.'), { code: 'upstream_busy' }),
    ]) {
      server.reply(async function* () {
        yield { type: 'message', delta: 'Well' };
        throw failure;
      });
      await app.monitor.sendMessage('Well?');
      await server.settled();
    }
    const ends = app.heard.filter(([event]) => event === 'run_finished').map(([, data]) => data);
    expect(ends).toMatchObject([
      {
        status: 'failed',
        error: { code: 'responder_failed', message: 'The reply could not be produced.' },
      },
      { status: 'failed', error: { code: 'upstream_busy', message: 'The model is busy.' } },
    ]);
    expect(app.monitor.status.runs.map(({ state }) => state)).toEqual(['failed', 'failed']);
  });

  test('fails with what is no part', async (lab) => {
    const { server, app } = lab.follow({ reply: [{ type: 'nonsense' } as unknown as ReplyPart] });
    await app.monitor.sendMessage('Well?');
    await server.settled();
    expect(app.heard.at(-1)?.[1]).toMatchObject({ status: 'failed', error: { code: 'bad_part' } });
  });

  test('is cancelled, once', async (lab) => {
    const { server, app } = lab.follow();
    const signals: AbortSignal[] = [];
    server.reply(async function* (_question, { signal }) {
      signals.push(signal);
      yield { type: 'message', delta: 'Well' };
      await new Promise(() => {});
    });
    const { run_id } = await app.monitor.sendMessage('Well?');
    await server.settled();
    expect(await app.monitor.cancel()).toBe(true);
    expect(await app.monitor.cancel(run_id ?? '')).toBe(false);
    expect(await app.monitor.cancel('another')).toBe(false);
    await server.settled();
    expect(app.monitor.status.runs).toMatchObject([{ state: 'cancelled' }]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  test('is interrupted by a server that drains', async (lab) => {
    const { server, app } = lab.follow();
    server.reply(deltas('one two three'), { everyMs: 1_000 });
    await app.monitor.sendMessage('Count.');
    await lab.clock.advance(1_500);
    server.drain(2_000);
    await server.settled();
    expect(words(app.heard)).toBe('one two');
    const end = { status: 'interrupted', error: { code: 'draining' } };
    expect(app.heard.at(-1)?.[1]).toMatchObject(end);
  });

  test('is cancelled with the thread that is erased', async (lab) => {
    const { server, app } = lab.follow();
    server.reply(deltas('one two three'), { everyMs: 1_000 });
    await app.monitor.sendMessage('Count.', { message_id: 'm' });
    await lab.clock.advance(1_500);
    server.reset(THREAD);
    await server.settled();
    expect(app.resets).toEqual([{ reason: 'deleted', from: 1 }]);
    expect(server.events(THREAD)).toEqual([]);
    expect(app.monitor.status.runs).toEqual([]);
    await app.monitor.sendMessage('Count.', { message_id: 'm' });
    await server.settled();
    expect(app.monitor.status.runs).toMatchObject([{ state: 'completed' }]);
  });
});

describe('messages', () => {
  test('are replied to one after the other', async (lab) => {
    const { server, app } = lab.follow();
    server.reply(({ user_input }) => deltas(`${user_input}: one two.`), { everyMs: 100 });
    await Promise.all(['A', 'B'].map((text) => app.monitor.sendMessage(text)));
    await server.settled();
    expect(words(app.heard)).toBe('A: one two.B: one two.');
  });

  test('wait for the network and are asked once', async (lab) => {
    const asked: string[] = [];
    const { server, app } = await lab.live({
      latencyMs: 50,
      reply({ user_input }) {
        asked.push(user_input);
        return deltas('Yes.');
      },
    });
    const first = app.monitor.sendMessage('First?');
    await lab.clock.advance(75);
    // It has been asked, and the answer is under way.
    server.down();
    const second = app.monitor.sendMessage('Second?');
    await lab.clock.advance(20_000);
    expect(asked).toEqual(['First?']);
    server.up();
    await server.settled();
    await Promise.all([first, second]);
    expect(asked).toEqual(['First?', 'Second?']);
    expect(app.monitor.status.runs.map(({ state }) => state)).toEqual(['completed', 'completed']);
  });

  test('under way delay settled', async (lab) => {
    const { server, app } = await lab.live({ latencyMs: 200 });
    void app.monitor.sendMessage('Well?');
    await server.settled();
    expect(app.monitor.status.runs).toMatchObject([{ state: 'completed' }]);
  });

  test('under a name that stands for another one are refused', async (lab) => {
    const { server, app } = lab.follow();
    const { run_id } = await app.monitor.sendMessage('One?', { message_id: 'm' });
    await server.settled();
    expect((await app.monitor.sendMessage('One?', { message_id: 'm' })).run_id).toBe(run_id);
    const other = app.monitor.sendMessage('Another?', { message_id: 'm' });
    await expect(other).rejects.toMatchObject({ code: 'ERR_REFUSED' });
  });

  test('are refused, or cancel what is being replied, as their policy says', async (lab) => {
    const { server, app } = lab.follow();
    server.reply(deltas('one two three'), { everyMs: 1_000 });
    await app.monitor.sendMessage('First?');
    await lab.clock.advance(1_500);
    const busy = app.monitor.sendMessage('Second?', { policy: 'reject' });
    await expect(busy).rejects.toMatchObject({ code: 'ERR_REFUSED' });
    await app.monitor.sendMessage('Third?', { policy: 'cancel_previous' });
    await server.settled();
    expect(app.monitor.status.runs.map(({ state }) => state)).toEqual(['cancelled', 'completed']);
  });

  test('that the server refuses for good are rejected', async (lab) => {
    const { server, app } = lab.follow();
    server.refuse('authorisation', { request: 'ask' });
    await expect(app.monitor.sendMessage('May I?')).rejects.toMatchObject({ code: 'ERR_REFUSED' });
    expect(server.events(THREAD)).toEqual([]);
  });

  for (const code of ['unavailable', 'storage_full'] as const) {
    test(`that the server refuses for now (${code}) are asked again`, async (lab) => {
      const { server, app } = lab.follow();
      server.refuse(code, { request: 'ask', times: 2, retryAfterMs: 3_000 });
      const asked = app.monitor.sendMessage('May I?');
      await lab.clock.advance(30_000);
      await asked;
      await server.settled();
      expect(app.monitor.status.runs).toMatchObject([{ state: 'completed' }]);
    });
  }
});

test('a refused token is answered as over HTTP', async (lab) => {
  const server = lab.server();
  for (const [code, status] of [
    ['token_expired', 401],
    ['unauthenticated', 401],
    ['authorisation', 403],
  ] as const) {
    server.refuse(code, { request: 'ask' });
    const body = JSON.stringify({ thread_id: 't', user_input: 'Hm?', use_websocket: true });
    const answer = await server.fetch('http://x/havefun', { method: 'POST', body });
    expect([answer.status, (await answer.json()).error.code]).toEqual([status, code]);
  }
});

describe('fetch', () => {
  const post = (body: string): RequestInit => ({ method: 'POST', body });

  test('knows what a monitor asks for, and nothing else', async (lab) => {
    const { fetch } = lab.server();
    const base = 'http://example.org';
    const answers = await Promise.all([
      fetch(base),
      fetch(`${base}/havefun`, post('{')),
      fetch(`${base}/havefun`, post(JSON.stringify({ thread_id: 't', user_input: 'Hm?' }))),
      fetch(`${base}/threads/t/runs/r/cancel`, { method: 'POST' }),
    ]);
    const codes = answers.map(async (answer) => [answer.status, (await answer.json()).error.code]);
    expect(await Promise.all(codes)).toEqual([
      [404, 'not_found'],
      [400, 'bad_request'],
      [400, 'bad_request'],
      [404, 'run_unknown'],
    ]);
  });

  test('fails while the server is down, and when it is aborted', async (lab) => {
    const server = lab.server({ latencyMs: 100 });
    const controller = new AbortController();
    const aborted = server.fetch('http://example.org', { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    const again = server.fetch('http://example.org', { signal: controller.signal });
    await expect(again).rejects.toThrow('enough');
    server.down();
    const failed = server.fetch('http://example.org');
    const expected = expect(failed).rejects.toThrow('down');
    await lab.clock.advance(100);
    await expected;
  });
});

test('a message that is under way when the server is closed leaves nothing behind', async (lab) => {
  const { server, app } = await lab.live({ latencyMs: 100 });
  void app.monitor.sendMessage('Well?');
  await lab.clock.advance(50);
  server.close();
});
