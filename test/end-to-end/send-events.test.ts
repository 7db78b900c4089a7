import { type Authorize, createMemoryStore } from '@session-monitor/server';
import { describe, expect } from 'vitest';
import { createStorage, type TestClient, untilLive } from '../support/client.js';
import { type Lab, test } from '../support/lab.js';
import { hold, times, until } from '../support/until.js';

const THREAD = 'sends';
const numbers = (count: number): number[] => times(count, (n) => n);

/** The `note` events of a client, as `socket.on` delivers them. */
function notesOf({ socket }: TestClient): unknown[] {
  const notes: unknown[] = [];
  socket.on('note', (data) => notes.push(data));
  return notes;
}

describe('an event that a client sends', () => {
  test('reaches every client of the thread once, when it is durable', async (lab) => {
    const app = await lab.app();
    const client = lab.client(app.url, { thread_id: THREAD });
    const other = lab.client(app.url, { thread_id: THREAD });
    const [own, others] = [notesOf(client), notesOf(other)];
    await Promise.all([untilLive(client), untilLive(other)]);
    expect(await client.monitor.send('note', { text: 'é' })).toBe(1);
    expect(await client.monitor.send('note', null, { message_id: 'm' })).toBe(2);
    expect(await client.monitor.send('note', null, { message_id: 'm' })).toBe(2);
    const reused = client.monitor.send('note', 'other data', { message_id: 'm' });
    await expect(reused).rejects.toThrow(/message_id_reused/);
    await until('all have heard', () => own.length === 2 && others.length === 2);
    expect([own, others]).toEqual([
      [{ text: 'é' }, null],
      [{ text: 'é' }, null],
    ]);
  });

  test('keeps its place and arrives once, over a connection that is cut again and again', async (lab) => {
    const { app, proxy } = await lab.proxiedApp();
    const client = lab.client(proxy.url, { thread_id: THREAD });
    const other = lab.client(app.url, { thread_id: THREAD });
    const notes = notesOf(other);
    await Promise.all([untilLive(client), untilLive(other)]);
    const sent = numbers(60).map((n) => client.monitor.send('note', n));
    for (const round of numbers(8)) {
      await until('some more have come', () => notes.length > round * 6);
      proxy.cut();
    }
    const offsets = await Promise.all(sent);
    expect(offsets).toEqual(numbers(60).map((n) => n + 1));
    await until('all have come', () => notes.length === 60);
    expect(notes).toEqual(numbers(60));
  });

  test('waits without a network, and is sent by the next page after a reload', async (lab) => {
    const { proxy } = await lab.proxiedApp();
    proxy.refusing = true;
    const storage = createStorage();
    const before = lab.client(proxy.url, { thread_id: THREAD, storage });
    for (const n of numbers(3)) void before.monitor.send('note', n);
    before.close();
    proxy.refusing = false;
    const after = lab.client(proxy.url, { thread_id: THREAD, storage });
    const notes = notesOf(after);
    void after.monitor.send('note', 3);
    await until('all have come', () => notes.length === 4);
    expect(notes).toEqual(numbers(4));
    // The page after that does not send an event that has arrived.
    const third = lab.client(proxy.url, { thread_id: THREAD, storage });
    expect(await third.monitor.send('note', 4)).toBe(5);
  });

  test('is refused for good if authorize refuses it, and the next one is sent', async (lab) => {
    const asked: unknown[] = [];
    const authorize: Authorize = ({ action, event, thread_id }) => {
      if (action === 'publish') asked.push([thread_id, event]);
      return action !== 'publish' || event === 'note';
    };
    const app = await lab.app({ authorize });
    const client = lab.client(app.url, { thread_id: THREAD });
    const refused = client.monitor.send('secret', 1);
    const taken = client.monitor.send('note', 2);
    await expect(refused).rejects.toMatchObject({ code: 'ERR_REFUSED' });
    expect(await taken).toBe(1);
    expect(asked).toEqual([
      [THREAD, 'secret'],
      [THREAD, 'note'],
    ]);
  });

  test('that is invalid throws at once', async (lab) => {
    const app = await lab.app();
    const { monitor } = lab.client(app.url, { thread_id: THREAD });
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const bad: readonly [string, unknown][] = [
      ['a b', 1],
      ['disconnect', 1],
      ['thread_events', 1],
      ['run_finished', {}],
      ['message', { delta: 'forged' }],
      ['note', undefined],
      ['note', circle],
      ['note', 1n],
      ['note', 'x'.repeat(600_000)],
    ];
    for (const [event, data] of bad) {
      const send = () => monitor.send(event, data as never);
      expect(send).toThrow(expect.objectContaining({ code: 'ERR_BAD_MESSAGE' }));
      expect(() => monitor.sendEphemeral(event, data as never)).toThrow();
    }
    expect(await monitor.send('note', 1)).toBe(1);
  });
});

describe('thread_send on the wire', () => {
  test('takes the next events while the first ones become durable, and keeps their order', async (lab) => {
    const store = createMemoryStore();
    const { logs } = store;
    const { released: flushed, release: flush } = hold();
    let begun = 0;
    const append = logs.append.bind(logs);
    logs.append = async (...args) => {
      const appending = append(...args);
      if (!args[2]?.fence) begun += 1;
      await flushed;
      return appending;
    };
    const app = await lab.app({ store });
    const client = await lab.liveClient(app.url, { thread_id: THREAD });
    const { session_id } = client.receipts[0] ?? {};
    const answers = numbers(3).map((data) =>
      client.socket.emitWithAck('thread_send', {
        session_id,
        event: 'note',
        data,
        message_id: `m${data}`,
      }),
    );
    await until('all three are begun', () => begun === 3);
    flush();
    expect(await Promise.all(answers)).toEqual([1, 2, 3].map((offset) => ({ ok: true, offset })));
  });

  const message = { message_id: 'm', event: 'note', data: 1 };

  async function registered(lab: Lab, url: string, token?: string) {
    const client = await lab.liveClient(url, { thread_id: THREAD, ...(token && { token }) });
    const session_id = client.monitor.status.session_id ?? '';
    const send = (more: object) =>
      client.socket.emitWithAck('thread_send', { ...message, session_id, ...more });
    return { client, send };
  }

  test('is answered with the offset, a repeated one with that of the first', async (lab) => {
    const app = await lab.app();
    const { send } = await registered(lab, app.url);
    const answers = await Promise.all(times(10, () => send({})));
    for (const answer of answers) expect(answer).toEqual({ ok: true, offset: 1 });
    expect(await send({ message_id: 'n' })).toEqual({ ok: true, offset: 2 });
  });

  test('is refused with a code, and nothing is written', async (lab) => {
    const store = createMemoryStore();
    // Larger than any event of a client: what the server says of one shows.
    const app = await lab.app({ store, settings: { limits: { payloadBytes: 1024 * 1024 } } });
    const { client, send } = await registered(lab, app.url);
    const deep = JSON.parse(`${'['.repeat(70)}${']'.repeat(70)}`);
    const cases: readonly [more: object, code: string, field?: string][] = [
      [{ event: 'run_started' }, 'bad_request', 'event'],
      [{ event: 'message' }, 'bad_request', 'event'],
      [{ event: 'connect' }, 'bad_request', 'event'],
      [{ event: '__proto__ ' }, 'bad_request', 'event'],
      [{ data: deep }, 'bad_request', 'data'],
      [{ data: Buffer.from('binary') }, 'bad_request', 'data'],
      [{ data: undefined }, 'bad_request', 'data'],
      [{ message_id: 'a b' }, 'bad_request', 'message_id'],
      [{ session_id: 's'.repeat(22) }, 'not_registered'],
      [{ data: 'x'.repeat(600_000) }, 'too_large', 'data'],
    ];
    for (const [more, code, field] of cases) {
      const { ok, error } = await send(more);
      expect([ok, error.code, error.field]).toEqual([false, code, field]);
    }
    const error = new Promise((resolve) => client.socket.once('error', resolve));
    client.socket.emit('thread_send', message);
    expect(await error).toMatchObject({ code: 'missing_ack' });
    expect(await store.logs.head(THREAD)).toMatchObject({ offset: 0 });
  });

  test('is taken in order while authorize is pending, up to a limit', async (lab) => {
    const { released, release } = hold();
    let first = true;
    const authorize: Authorize = async ({ action }) => {
      if (action === 'publish' && first) {
        first = false;
        await released;
      }
      return true;
    };
    const app = await lab.app({ authorize });
    const { client, send } = await registered(lab, app.url);
    const notes = notesOf(client);
    const sent = numbers(70).map((n) => send({ message_id: `m${n}`, data: n }));
    const refused = await Promise.all(sent.slice(64));
    for (const { error } of refused) {
      expect(error).toMatchObject({
        code: 'limit_reached',
        retryable: true,
        retry_after_ms: 1_000,
      });
    }
    release();
    await Promise.all(sent);
    await until('all have come', () => notes.length === 64);
    expect(notes).toEqual(numbers(64));
  });

  test('with a token that now belongs to another user is refused', async (lab) => {
    let user = 'one';
    const app = await lab.app({ authorize: () => ({ user_id: user }) });
    const { send } = await registered(lab, app.url, 'a-token');
    user = 'other';
    expect(await send({})).toMatchObject({ ok: false, error: { code: 'not_registered' } });
    user = 'one';
    expect(await send({})).toEqual({ ok: true, offset: 1 });
  });
});

describe('an ephemeral event', () => {
  const heardBy = ({ monitor }: TestClient): unknown[] => {
    const heard: unknown[] = [];
    monitor.on('ephemeral', (ephemeral) => heard.push(ephemeral));
    return heard;
  };

  test('reaches connected clients, from a client or from the backend, and is not kept', async (lab) => {
    const store = createMemoryStore();
    const app = await lab.app({ store });
    const client = lab.client(app.url, { thread_id: THREAD });
    const other = lab.client(app.url, { thread_id: THREAD, transport: 'websocket' });
    const elsewhere = lab.client(app.url, { thread_id: 'elsewhere' });
    const [own, others, none] = [heardBy(client), heardBy(other), heardBy(elsewhere)];
    await Promise.all([untilLive(client), untilLive(other), untilLive(elsewhere)]);
    const typing = { thread_id: THREAD, event: 'typing', data: { who: 'me' } };
    // Best effort: a connection that is busy at that moment drops it.
    await until('the other hears it', () => {
      client.monitor.sendEphemeral('typing', { who: 'me' });
      return others.length > 0;
    });
    expect(others[0]).toEqual(typing);
    const progress = { thread_id: THREAD, event: 'progress', data: 0.5 };
    await until('both hear it', () => {
      app.sessions.publishEphemeral(THREAD, 'progress', 0.5);
      return JSON.stringify(own.at(-1)) === JSON.stringify(progress);
    });
    expect(own.filter((each) => JSON.stringify(each) === JSON.stringify(typing))).toEqual([]);
    expect(none).toEqual([]);
    expect(await store.logs.head(THREAD)).toMatchObject({ offset: 0 });
    const late = lab.client(app.url, { thread_id: THREAD });
    const lateHeard = heardBy(late);
    await untilLive(late);
    await app.sessions.publish(THREAD, 'note', 1);
    await until('it has the event', () => late.monitor.status.offset === 1);
    expect(lateHeard).toEqual([]);
    expect(() => app.sessions.publishEphemeral(THREAD, 'run_started', {})).toThrow(
      /ERR_PUBLISH|run/,
    );
  });

  test('needs the same permission as one that is kept', async (lab) => {
    const app = await lab.app({ authorize: ({ action }) => action !== 'publish' });
    const client = await lab.liveClient(app.url, { thread_id: THREAD });
    const session_id = client.monitor.status.session_id ?? '';
    const answer = await client.socket.emitWithAck('thread_send', {
      session_id,
      message_id: 'm',
      event: 'typing',
      data: 1,
      ephemeral: true,
    });
    expect(answer).toMatchObject({ ok: false, error: { code: 'authorisation' } });
  });

  test('reaches a v1 client under its own name', async (lab) => {
    const app = await lab.app();
    const v1 = lab.v1Client(app.url, 'websocket');
    await until('connected', () => v1.socket.connected);
    await v1.register(THREAD);
    await until('it hears it', () => {
      app.sessions.publishEphemeral(THREAD, 'typing', { who: 'bot' });
      return v1.of('typing').length > 0;
    });
    expect(v1.of('typing')[0]).toEqual({ who: 'bot' });
  });
});
