import { createMemoryStore } from '@session-monitor/server';
import { io } from 'socket.io-client';
import { describe, expect } from 'vitest';
import type { TestApp } from '../support/app.js';
import { PATIENT, publish } from '../support/app.js';
import { EVENT, TRANSPORT_CASES } from '../support/client.js';
import { postMessage } from '../support/json.js';
import { test } from '../support/lab.js';
import { partsOf } from '../support/run-reader.js';
import { range, times, until } from '../support/until.js';

const THREAD = 'v1-thread';

describe('a client that has never heard of this project', () => {
  for (const transport of TRANSPORT_CASES) {
    test(`registers, pings, asks, and gets each event with one argument (${transport})`, async (lab) => {
      const app = await lab.app();
      const client = lab.v1Client(app.url, transport);
      const registered = await client.register(THREAD, { user_id: 'alice' });
      expect(registered).toEqual({
        status: 'ready',
        thread_id: THREAD,
        session_id: client.socket.id,
        transport: expect.stringMatching(/polling|websocket/),
        is_in_room: true,
      });
      const session_id = client.socket.id;
      expect(client.of('connected')[0]).toMatchObject({ status: 'connected', session_id });

      const pong = await client.socket.emitWithAck('ping', {
        thread_id: THREAD,
        timestamp: new Date().toISOString(),
        client_info: { visible: true },
      });
      expect(pong).toMatchObject({ pong: true, session_id, thread_id: THREAD });
      expect(Date.parse(pong.timestamp)).not.toBeNaN();
      expect(['polling', 'websocket']).toContain(pong.transport);

      const reply = await postMessage(app.url, THREAD, 'Why is the sky blue?');
      const parts = partsOf(await reply.text());
      await until('the reply is complete', () => client.of('run_finished').length === 1);
      const names = client.events
        .map(({ name }) => name)
        .filter((name) => name !== 'connected' && name !== 'session_registered');
      expect(names).toEqual(parts.map(eventOfPart));
      for (const name of ['run_started', 'analysis_update', 'knowledge', 'next_action']) {
        expect(names).toContain(name);
      }
      expect(client.events.map(({ args }) => args.length)).toEqual(client.events.map(() => 1));
      const data = client.events
        .filter(({ name }) => names.includes(name))
        .map(({ args }) => args[0]);
      expect(data).toEqual(parts);
    });

    test(`gets what was published while it was away (${transport})`, async (lab) => {
      const app = await lab.app();
      const client = await lab.registeredV1Client(app.url, THREAD, transport);
      await publish(app, THREAD, 1, 50);
      await until('applied', () => client.seen.length === 50);
      await arrived(app, 50);
      client.socket.disconnect();
      await until('the server has noticed', () => app.sessions.stats().connections === 0);
      await publish(app, THREAD, 51, 80);
      client.socket.connect();
      const again = await client.register(THREAD);
      expect(again.missed_messages).toEqual({ available: true, count: 30 });
      await publish(app, THREAD, 81, 100);
      await until('all applied', () => client.seen.length >= 100);
      expect(client.seen).toEqual(range(1, 100));
      // The answer to the registration goes first, then the replay.
      const registeredAt = client.events.findLastIndex(({ name }) => name === 'session_registered');
      const names = client.events.slice(registeredAt + 1).map(({ name }) => name);
      expect(names).toEqual(times(50, () => EVENT));
    });

    test(`loses nothing that is published while it disconnects (${transport})`, async (lab) => {
      const app = await lab.app();
      const client = await lab.registeredV1Client(app.url, THREAD, transport);
      const leave = ({ n }: { n: number }) => n === 100 && client.socket.disconnect();
      client.socket.on(EVENT, leave);
      await publish(app, THREAD, 1, 300);
      await until('gone', () => client.socket.disconnected);
      client.socket.off(EVENT, leave).connect();
      await client.register(THREAD);
      await until('all applied', () => client.seen.at(-1) === 300);
      expectAtLeastOnce(client.seen, 300);
    });

    test(`comes back by itself after the server was stopped (${transport})`, async (lab) => {
      const server = await lab.server();
      const client = await lab.registeredV1Client(server.url, THREAD, transport);
      await server.publish(THREAD, EVENT, { n: 1 });
      await until('applied', () => client.seen.length === 1);
      expect(await server.stop()).toBe(0);
      await until('gone', () => client.socket.disconnected);
      await server.restart();
      await server.publish(THREAD, EVENT, { n: 2 });
      await client.register(THREAD);
      await until('applied', () => client.seen.at(-1) === 2);
      // Two starts of a server.
    }, 60_000);

    test(`gets what a cut took that the server has not noticed (${transport})`, async (lab) => {
      const { app, proxy } = await lab.proxiedApp({ socketIo: PATIENT });
      const client = await lab.registeredV1Client(proxy.url, THREAD, transport);
      await publish(app, THREAD, 1, 50);
      await until('applied', () => client.seen.length === 50);

      proxy.blackHole();
      await publish(app, THREAD, 51, 150);
      // The client notices first, and is back while the server still holds its old connection.
      const back = await lab.registeredV1Client(app.url, THREAD, transport);
      expect(app.sessions.stats().sessions).toBe(2);
      await publish(app, THREAD, 151, 200);
      await until('all applied', () => back.seen.at(-1) === 200);
      expectAtLeastOnce([...client.seen, ...back.seen], 200);
      app.io.disconnectSockets(true);
    });
  }

  test('sees the same log as one that speaks v2', async (lab) => {
    const app = await lab.app();
    const v1 = lab.v1Client(app.url);
    const v2 = lab.client(app.url, { thread_id: THREAD });
    await v1.register(THREAD);
    await until('live', () => v2.monitor.status.state === 'live');
    await publish(app, THREAD, 1, 200);
    await until('both', () => v1.seen.length === 200 && v2.seen.length === 200);
    expect(v1.seen).toEqual(range(1, 200));
    expect(v2.seen).toEqual(v1.seen);
    expect(v2.socket.listeners('session_registered').length).toBeLessThanOrEqual(1);
    expect(v1.of('thread_events')).toEqual([]);
  });

  test('never receives session_registered for a v2 registration', async (lab) => {
    const app = await lab.app();
    const { socket, events } = lab.v1Client(app.url);
    const answer = await socket.emitWithAck('register_session', {
      protocol: 2,
      thread_id: THREAD,
      instance: 'i'.repeat(22),
      attempt: 1,
    });
    expect(answer).toMatchObject({ ok: true, protocol: 2 });
    await socket.emitWithAck('ping', {});
    expect(events.map(({ name }) => name)).toEqual(['connected']);
  });

  test('gets new events of its thread, and none of a thread that it has left', async (lab) => {
    const app = await lab.app();
    const client = await lab.registeredV1Client(app.url, 'first');
    await client.register(THREAD);
    expect(app.sessions.stats().sessions).toBe(1);
    await app.sessions.publish('first', EVENT, { n: -1 });
    await publish(app, THREAD, 1, 10);
    await until('applied', () => client.seen.length === 10);
    expect(client.seen).toEqual(range(1, 10));
    // Back on the first thread, it gets the events that it has missed.
    await client.register('first');
    await until('caught up', () => client.seen.at(-1) === -1);
  });

  test('may register again on its connection: nothing comes twice', async (lab) => {
    const app = await lab.app();
    const client = await lab.registeredV1Client(app.url, THREAD);
    await publish(app, THREAD, 1, 20);
    await client.register(THREAD);
    await publish(app, THREAD, 21, 40);
    await until('applied', () => client.seen.length >= 40);
    expect(client.seen).toEqual(range(1, 40));
    expect(app.sessions.stats().sessions).toBe(1);
  });

  test('is replayed at most 1,000 events of a thread that no such client has followed', async (lab) => {
    const app = await lab.app();
    await publish(app, THREAD, 1, 1_500);
    const client = lab.v1Client(app.url);
    const { missed_messages } = await client.register(THREAD);
    expect(missed_messages).toEqual({ available: true, count: 1_000 });
    await until('replayed', () => client.seen.length === 1_000);
    expect(client.seen).toEqual(range(501, 1_500));
  });

  test('gets an error for a gap and for a reset', async (lab) => {
    const store = createMemoryStore();
    const app = await lab.app({ store, settings: { retention: {} } });
    const client = await lab.registeredV1Client(app.url, THREAD);
    await publish(app, THREAD, 1, 10);
    await arrived(app, 10);
    client.socket.disconnect();
    await until('gone', () => app.sessions.stats().sessions === 0);
    await publish(app, THREAD, 11, 30);
    await store.logs.trim(THREAD, { maxEvents: 10 }, 1_000);
    client.socket.connect();
    await client.register(THREAD);
    await until('caught up', () => client.seen.at(-1) === 30);
    expect(client.of('error')).toEqual([
      {
        message: 'The events 11 to 20 of this thread are no longer kept.',
        gap: { from: 11, to: 20, reason: 'trimmed' },
      },
    ]);
    await app.sessions.deleteThread(THREAD);
    await until('told', () => client.of('error').length === 2);
    expect(client.of('error')[1]).toMatchObject({ reset: { reason: 'deleted', from: 1 } });
    await publish(app, THREAD, 31, 31);
    await until('goes on', () => client.seen.at(-1) === 31);
    expect(client.seen).toEqual([...range(1, 10), ...range(21, 31)]);
  });

  test('that was away while its thread was erased gets everything of the new one', async (lab) => {
    const app = await lab.app();
    const [away, present] = [lab.v1Client(app.url), lab.v1Client(app.url)];
    for (const client of [away, present]) await client.register(THREAD);
    await publish(app, THREAD, 1, 5);
    await until('both have it', () => away.seen.length + present.seen.length === 10);
    away.socket.disconnect();
    await until('gone', () => app.sessions.stats().sessions === 1);
    await app.sessions.deleteThread(THREAD);
    await publish(app, THREAD, 6, 9);
    await until('the other one is further', () => present.seen.at(-1) === 9);
    await arrived(app, 4);
    away.socket.connect();
    expect(await away.register(THREAD)).toMatchObject({ missed_messages: { count: 4 } });
    await until('caught up', () => away.seen.at(-1) === 9);
    expect(away.seen).toEqual(range(1, 9));
  });

  test('that cannot keep up is sent no more than it takes, and catches up', async (lab) => {
    const { app, proxy } = await lab.proxiedApp({
      socketIo: { pingInterval: 25_000, pingTimeout: 60_000 },
    });
    const client = await lab.registeredV1Client(proxy.url, THREAD, 'websocket');
    proxy.stall();
    const text = 'x'.repeat(1_000);
    await Promise.all(
      range(1, 20_000).map((n) => app.sessions.publish(THREAD, EVENT, { n, text })),
    );
    const { connections } = await debug(app, 'websocket-sessions?api_key=debug_websocket_key');
    expect(connections[0].buffered.bytes).toBeLessThan(1024 * 1024);
    expect(connections[0].sessions[0].lag).toBeGreaterThan(10_000);
    client.socket.emit('request_missed_messages', { thread_id: THREAD });
    proxy.unstall();
    await until('caught up', () => client.seen.length >= 20_000, { timeoutMs: 60_000 });
    expect(client.seen).toEqual(range(1, 20_000));
    await until('told', () => client.of('missed_messages_delivered').length === 1);
    app.io.disconnectSockets(true);
  }, 90_000);

  test('requests missed events: gets their number, or that there are none', async (lab) => {
    const app = await lab.app();
    const client = lab.v1Client(app.url);
    await publish(app, THREAD, 1, 20);
    await until('connected', () => client.socket.connected);
    // In one breath, as existing clients do.
    client.socket.emit('register_session', { thread_id: THREAD });
    client.socket.emit('request_missed_messages', { thread_id: THREAD });
    await until(
      'answered',
      () =>
        client.of('missed_messages_delivered').length + client.of('missed_messages_status').length,
    );
    await until('replayed', () => client.seen.length === 20);
    client.socket.emit('request_missed_messages', { thread_id: THREAD });
    await until('none', () => client.of('missed_messages_status').at(-1));
    const none = client.of('missed_messages_status').at(-1);
    expect(none).toEqual({ status: 'none', thread_id: THREAD });
    client.socket.emit('request_missed_messages', { thread_id: 'another' });
    await until('refused', () => client.of('error').length === 1);
    expect(client.of('error')[0]).toMatchObject({ code: 'not_registered' });
    expect(client.seen).toEqual(range(1, 20));
  });

  test('may send force_room_join, and request its status', async (lab) => {
    const app = await lab.app();
    const client = lab.v1Client(app.url);
    await until('connected', () => client.socket.connected);
    client.socket.emit('debug_socket_status');
    const before = await until('answered', () => client.of('debug_status')[0]);
    expect(before).toMatchObject({
      session_id: client.socket.id,
      thread_id: null,
      session_count: 0,
      is_registered: false,
      thread_counts: {},
    });
    client.socket.emit('force_room_join', { thread_id: THREAD });
    const joined = await until('joined', () => client.of('room_joined')[0]);
    expect(joined).toEqual({ thread_id: THREAD, session_id: client.socket.id, success: true });
    await publish(app, THREAD, 1, 3);
    await until('applied', () => client.seen.length === 3);
    await lab.v1Client(app.url).register('another-thread');
    client.socket.emit('debug_socket_status');
    const after = await until('answered', () => client.of('debug_status')[1]);
    expect(after).toMatchObject({
      thread_id: THREAD,
      // Another client has a session, too.
      session_count: 1,
      is_registered: true,
      thread_counts: { [THREAD]: 1 },
    });
  });

  test('is refused a thread without permission, in the format of v1', async (lab) => {
    const app = await lab.app({ authorize: ({ thread_id }) => thread_id === THREAD });
    const client = lab.v1Client(app.url);
    await until('connected', () => client.socket.connected);
    client.socket.emit('register_session', { thread_id: 'forbidden' });
    await until('refused', () => client.of('error').length === 1);
    client.socket.emit('force_room_join', { thread_id: 'forbidden' });
    await until('refused', () => client.of('room_joined').length === 1);
    expect(client.of('room_joined')[0]).toMatchObject({ success: false });
    expect(client.of('error')[0]).toMatchObject({ code: 'authorisation' });
    await client.register(THREAD);
  });

  test('whose server was killed gets everything that it had not', async (lab) => {
    const server = await lab.server();
    const client = lab.v1Client(server.url, 'websocket');
    client.socket.on('connect', () => {
      client.socket.emit('register_session', { thread_id: THREAD });
      client.socket.emit('request_missed_messages', { thread_id: THREAD });
    });
    await until('registered', () => client.of('session_registered').length === 1);
    for (let life = 0; life < 3; life += 1) {
      const acknowledged = range(life * 100 + 1, life * 100 + 100);
      for (const n of acknowledged) await server.publish(THREAD, EVENT, { n });
      await server.kill();
      await server.restart();
    }
    await until('all applied', () => new Set(client.seen).size === 300, {
      state: () => client.seen.length,
    });
    expectAtLeastOnce(client.seen, 300);
  }, 60_000);

  test('with another parser is served, too', async (lab) => {
    const { Encoder, Decoder } = await import('socket.io-parser');
    const parser = { Encoder, Decoder };
    const app = await lab.app({ socketIo: { parser } });
    const socket = io(app.url, { forceNew: true, parser });
    lab.defer(() => socket.disconnect());
    const seen: number[] = [];
    socket.on(EVENT, ({ n }) => seen.push(n));
    socket.emit('register_session', { thread_id: THREAD });
    await publish(app, THREAD, 1, 100);
    await until('applied', () => seen.length === 100);
    expect(seen).toEqual(range(1, 100));
  });
});

describe('bad input of a v1 client', () => {
  const cases: readonly [name: string, event: string, payload: unknown, code: string][] = [
    ['no thread_id', 'register_session', {}, 'bad_thread_id'],
    ['a number', 'register_session', { thread_id: 7 }, 'bad_thread_id'],
    ['malformed', 'register_session', '\u0000malformed', 'bad_request'],
    ['no payload', 'register_session', undefined, 'bad_request'],
    ['CR and LF', 'register_session', { thread_id: 'a\r\nb' }, 'bad_thread_id'],
    ['ANSI codes', 'register_session', { thread_id: '\u001b[31mred' }, 'bad_thread_id'],
    ['U+2028', 'register_session', { thread_id: 'a\u2028b' }, 'bad_thread_id'],
    ['malformed', 'request_missed_messages', 7, 'bad_request'],
    ['no thread_id', 'force_room_join', {}, 'bad_thread_id'],
    ['no acknowledgement', 'ping', {}, 'missing_ack'],
    ['no acknowledgement, no payload', 'ping', undefined, 'missing_ack'],
    ['malformed', 'system_ping_response', [], 'bad_request'],
    ['an unknown event', 'join', { room: 1 }, 'unknown_event'],
  ];
  test('is answered with an error that says what was wrong, and changes nothing', async (lab) => {
    const app = await lab.app();
    for (const [name, event, payload, code] of cases) {
      const client = lab.v1Client(app.url, 'websocket');
      await until('connected', () => client.socket.connected);
      if (payload === undefined) client.socket.emit(event);
      else client.socket.emit(event, payload);
      const error = await until(`${name} is refused`, () => client.of('error')[0]);
      expect([name, error]).toMatchObject([name, { code, message: expect.any(String) }]);
      await client.register(THREAD);
      client.socket.disconnect();
    }
  });

  test('a thread may be called __proto__', async (lab) => {
    const app = await lab.app();
    const client = await lab.registeredV1Client(app.url, '__proto__');
    await app.sessions.publish('__proto__', EVENT, { n: 1 });
    await until('applied', () => client.seen.length === 1);
    client.socket.emit('debug_socket_status');
    const status = await until('answered', () => client.of('debug_status')[0]);
    expect(JSON.stringify(status)).toContain('"__proto__":1');
    const { active_sessions } = await debug(app, 'thread-sessions?thread_id=__proto__');
    expect(active_sessions.length).toBe(1);
  });
});

const EVENT_OF_PART: Readonly<Record<string, string>> = { analysis: 'analysis_update' };
const eventOfPart = ({ type }: { type: string }) => EVENT_OF_PART[type] ?? type;

// biome-ignore lint/suspicious/noExplicitAny: each test looks into the JSON that it expects
async function debug(app: TestApp, path: string): Promise<any> {
  return (await fetch(`${app.url}/debug/${path}`)).json();
}

/** Waits until the server knows that the client has everything up to an offset. */
async function arrived(app: TestApp, offset: number): Promise<void> {
  await until('it has arrived', async () => {
    const { active_sessions } = await debug(app, `thread-sessions?thread_id=${THREAD}`);
    return active_sessions[0]?.offset === offset;
  });
}

/** Expects every event in order. Repetitions are allowed. */
function expectAtLeastOnce(seen: readonly number[], last: number): void {
  expect([...new Set(seen)].sort((a, b) => a - b)).toEqual(range(1, last));
  const first = seen.filter((n, index) => seen.indexOf(n) === index);
  expect(first).toEqual(range(1, last));
}
