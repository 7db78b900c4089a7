import type { Socket as EngineSocket } from 'engine.io';
import { io, type Socket } from 'socket.io-client';
import { describe, expect } from 'vitest';
import { attach } from '../support/attached.js';
import { EVENT } from '../support/client.js';
import { type Lab, test } from '../support/lab.js';
import { until } from '../support/until.js';

const INSTANCE = 'i'.repeat(22);
const SESSION = 's'.repeat(22);
const register = { protocol: 2, thread_id: 'thread', instance: INSTANCE, attempt: 1 };
const ack = { session_id: SESSION, generation: 1, epoch: 'epoch', offset: 0 };
const resume = { session_id: SESSION, cursor: 'x' };

type Case = readonly [name: string, event: string, payload: unknown, code: string, field?: string];
type WrongField = readonly [name: string, field: string, value: unknown];

/** A message with one wrong field, for each of them. */
const withWrong = (event: string, message: object, fields: readonly WrongField[]): Case[] =>
  fields.map(([name, field, value]) => [
    name,
    event,
    { ...message, [field]: value },
    field === 'thread_id' ? 'bad_thread_id' : 'bad_request',
    field,
  ]);

const REGISTRATIONS = withWrong('register_session', register, [
  ['no thread_id', 'thread_id', undefined],
  ['a number for thread_id', 'thread_id', 7],
  ['an empty thread_id', 'thread_id', ''],
  ['a thread_id with a newline', 'thread_id', 'a\nb'],
  ['a thread_id that is too long', 'thread_id', 'a'.repeat(129)],
  ['the name of a private log', 'thread_id', '~run.x'],
  ['no instance', 'instance', undefined],
  ['attempt 0', 'attempt', 0],
  ['an attempt that is no number', 'attempt', '1'],
  ['since tomorrow', 'since', 'tomorrow'],
  ['since a negative offset', 'since', -1],
  ['a user_id that is too long', 'user_id', 'u'.repeat(257)],
  ['client_info that is too large', 'client_info', { a: 'x'.repeat(3_000) }],
]);

/** The number of packets is not what these tests are about. */
const ANY_PACKETS = { settings: { limits: { packetsPerSecond: Number.POSITIVE_INFINITY } } };

describe('bad input on a socket', () => {
  /** What is sent, and the code and field of the fault that answers it. */
  const cases: readonly Case[] = [
    ['no payload', 'register_session', undefined, 'bad_request'],
    ['null', 'register_session', null, 'bad_request'],
    ['a string', 'register_session', 'thread', 'bad_request'],
    ['an array', 'register_session', [register], 'bad_request'],
    ['binary data', 'register_session', Buffer.from('thread'), 'bad_request'],
    ...REGISTRATIONS,
    ...withWrong('thread_resume', resume, [
      ['a session_id that is none', 'session_id', '../..'],
      ['no cursor', 'cursor', undefined],
    ]),
    ['a session that does not exist', 'thread_resume', resume, 'not_registered'],
    ...withWrong('thread_ack', ack, [
      ['a negative offset', 'offset', -1],
      ['a fraction for generation', 'generation', 1.5],
    ]),
    ['a string', 'ping', 'thread', 'bad_request'],
    ['a thread_id that is a number', 'ping', { thread_id: 7 }, 'bad_thread_id', 'thread_id'],
    ['an rtt that is no number', 'ping', { ...ack, rtt_ms: 'fast' }, 'bad_request', 'rtt_ms'],
    ['an unknown event', 'drop_tables', { now: true }, 'unknown_event'],
    ['an event called like a method', 'constructor', {}, 'unknown_event'],
    ['an event called __proto__', '__proto__', {}, 'unknown_event'],
  ];

  test('gets a coded error, one log line, and changes nothing else', async (lab) => {
    const { url, app, lines } = await lab.loggedApp();
    const bystander = await lab.liveClient(url, { thread_id: 'thread' });

    for (const [name, event, payload, code, field] of cases) {
      const socket = await connect(lab, url);
      const before = lines.length;
      const answer = await socket.timeout(5_000).emitWithAck(event, payload);
      expect([name, answer]).toMatchObject([name, { ok: false, error: { code } }]);
      expect([name, answer.error.field]).toEqual([name, field]);
      expect(answer.error.message.length).toBeGreaterThan(10);
      expect(socket.connected).toBe(true);
      const told = () => lines.slice(before).filter(({ msg }) => msg.includes('bad_input'));
      // An unknown session gets an answer; it is not bad input.
      if (code !== 'not_registered') {
        await until('logged', () => told().length === 1);
        expect(told()[0]).toMatchObject({ event, code });
      }
      socket.disconnect();
    }

    await app.sessions.publish('thread', EVENT, { n: 1 });
    await until('the bystander goes on', () => bystander.seen.length === 1);
    expect(bystander.monitor.status).toMatchObject({ state: 'live', reconnects: 0, resumes: 0 });
    expect(bystander.errors).toEqual([]);
  });

  test('without an acknowledgement function the error comes as an event', async (lab) => {
    const { url } = await lab.loggedApp();
    const expected = [
      ['register_session', register, 'missing_ack'],
      ['thread_resume', {}, 'missing_ack'],
      ['ping', ack, 'missing_ack'],
      ['thread_ack', { offset: 'x' }, 'bad_request'],
      ['nonsense', {}, 'unknown_event'],
    ] as const;
    for (const [event, payload, code] of expected) {
      const socket = await connect(lab, url);
      const error = new Promise<{ code: string }>((resolve) => socket.once('error', resolve));
      socket.emit(event, payload);
      expect(await error).toMatchObject({ code });
      socket.disconnect();
    }
  });

  test('in a flood is summarised in the log, and disturbs no other client', async (lab) => {
    const { url, app, lines } = await lab.loggedApp(ANY_PACKETS);
    const bystander = await lab.liveClient(url, { thread_id: 'thread' });
    const socket = await connect(lab, url, ['websocket']);
    let answers = 0;
    socket.on('error', () => {
      answers += 1;
    });
    // In parts: the server disconnects a client that leaves 5,000 answers unread.
    for (let sent = 0; sent < 10_000; ) {
      for (const upTo = sent + 2_000; sent < upTo; sent += 1) {
        socket.emit('register_session', { malformed: sent });
      }
      await until('a part is answered', () => answers === sent, { state: () => answers });
    }
    await app.sessions.publish('thread', EVENT, { n: 1 });
    await until('the bystander goes on', () => bystander.seen.length === 1);
    const told = () => lines.filter(({ msg }) => msg.includes('bad_input'));
    const refused = () => told().reduce((sum, line) => sum + Number(line.suppressed ?? 1), 0);
    await until('all are accounted for', () => refused() === 10_000, { state: refused });
    expect(told().length).toBeLessThan(20);
  });

  test('numbers and objects in place of event names do not crash the server', async (lab) => {
    const { url, lines } = await lab.loggedApp();
    const socket = await connect(lab, url, ['websocket']);
    const { engine } = socket.io as unknown as { engine: { write(text: string): void } };
    for (const packet of ['2[5,"x"]', '2[5]', '21[7,{}]', '2[-1e9,null]']) engine.write(packet);
    await until('refused', () => lines.some(({ event }) => event === '5'));
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test('a client that asks and never reads is disconnected', async (lab) => {
    const { url, app, lines } = await lab.loggedApp(ANY_PACKETS);
    const endpoint = `${url}/socket.io/?EIO=4&transport=polling`;
    const text = async (response: Promise<Response>) => (await response).text();
    const { sid } = JSON.parse((await text(fetch(endpoint))).slice(1));
    const session = `${endpoint}&sid=${sid}`;
    const send = (body: string) => text(fetch(session, { method: 'POST', body }));
    await send('40');
    await until('joined', () => app.sessions.stats().connections === 1);
    const packets = Array.from({ length: 3_000 }, (_, n) => `42${n}["ping",{}]`).join('\x1e');
    await send(packets);
    await send(packets);
    await until('gone', () => app.sessions.stats().connections === 0);
    expect(lines.some(({ msg }) => msg.includes('overflow'))).toBe(true);
  });

  test('a client that joins and leaves the namespace again and again leaves no listener', async (lab) => {
    const { url, app } = await lab.loggedApp();
    const socket = await connect(lab, url, ['websocket']);
    const other = socket.io.socket('/other');
    lab.defer(() => other.disconnect());
    app.io.of('/other');
    other.connect();
    await until('the other namespace keeps the connection', () => other.connected);
    const { clients } = app.io.engine as unknown as { clients: Record<string, EngineSocket> };
    const [client] = Object.values(clients);
    if (!client) throw new Error('There is one connection');
    const listeners = () =>
      ['upgrade', 'packetCreate', 'flush'].map((name) => client.listenerCount(name));
    const before = listeners();
    for (let n = 0; n < 20; n += 1) {
      socket.disconnect();
      await until('left', () => app.sessions.stats().connections === 0);
      socket.connect();
      await until('joined', () => socket.connected && app.sessions.stats().connections === 1);
    }
    expect(listeners()).toEqual(before);
    expect(client.transport.listenerCount('ready')).toBeLessThanOrEqual(2);
  });

  test('a connection follows a limited number of threads', async (lab) => {
    const { url } = await lab.loggedApp();
    const socket = await connect(lab, url, ['websocket']);
    const answers = await Promise.all(
      Array.from({ length: 300 }, async (_, n) => {
        const instance = `${n}`.padStart(22, 'i');
        return socket.emitWithAck('register_session', { ...register, instance });
      }),
    );
    const refused = answers.filter(({ ok }) => !ok);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ error: { code: 'limit_reached' } });
    expect(answers.filter(({ ok }) => ok).length).toBe(256);
  });

  test('a malformed packet ends its connection, not the server', async (lab) => {
    const { url, app } = await lab.loggedApp();
    const socket = await connect(lab, url, ['websocket']);
    const gone = new Promise((resolve) => socket.once('disconnect', resolve));
    (socket.io.engine as unknown as { write(text: string): void }).write('2["broken');
    await gone;
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    await until('gone', () => app.sessions.stats().connections <= 1);
  });

  test('on a Socket.IO server of the app, the events of the app stay untouched', async (lab) => {
    const { url, io: server } = await attach(lab);
    server.on('connection', (socket) => {
      socket.onAny((event, _data, reply) => event === 'mine' && reply('heard'));
    });
    const socket = await connect(lab, url);
    expect(await socket.timeout(5_000).emitWithAck('mine', {})).toBe('heard');
  });
});

async function connect(
  lab: Lab,
  url: string,
  transports: string[] = ['polling', 'websocket'],
): Promise<Socket> {
  const socket = io(url, { transports, forceNew: true, reconnection: false });
  lab.defer(() => socket.disconnect());
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return socket;
}
