import { createMemoryStore } from '@session-monitor/server';
import { describe, expect } from 'vitest';
import { PATIENT, publish } from '../support/app.js';
import { createStorage, EVENT } from '../support/client.js';
import { SERVE } from '../support/command.js';
import { jsonPost, postMessage } from '../support/json.js';
import { test } from '../support/lab.js';
import type { LogLine } from '../support/logger.js';
import { fieldsOf } from '../support/trace-table.js';
import { until } from '../support/until.js';

const THREAD = 'traced';

describe('the trace', () => {
  test('has a line for every step of a session, with ids and counts', async (lab) => {
    const { app, lines } = await lab.loggedApp();
    const step = (name: string) => lines.filter((line) => line.step === name);
    const line = (name: string, fields: object = {}) =>
      until(`a line for ${name}`, () => step(name).find((each) => matches(each, fields)), {
        state: () => lines.slice(-6),
      });

    const storage = createStorage();
    const owner = lab.client(app.url, { thread_id: THREAD, storage });
    await until('live', () => owner.monitor.status.rtt_ms !== null);
    const { session_id } = owner.monitor.status;
    const connection = owner.socket.id;
    await line('connect', { connection, transport: 'polling' });
    await line('upgrade', { connection, from: 'polling', transport: 'websocket' });
    await line('register', { session_id, thread_id: THREAD, connection, outcome: 'new', from: 1 });
    const ping = await line('ping', { session_id, connection, head: 0 });
    expect(ping.level).toBe(20);

    const duplicate = lab.client(app.url, { thread_id: THREAD, storage: storage.copy() });
    await line('fork', { of: session_id });
    await line('register', { outcome: 'forked' });
    duplicate.monitor.stop();
    await line('disconnect', { reason: 'left' });

    await (await postMessage(app.url, THREAD, 'hello')).text();
    const { run_id } = await line('run_started', { thread_id: THREAD });
    await line('run_finished', { run_id, status: 'completed' });

    await app.sessions.deleteThread(THREAD);
    await line('reset', { session_id, reason: 'deleted', from: 1 });
    await until('the client knows', () => owner.resets.length === 1);
    const away = owner.monitor.stop();
    await line('disconnect', { session_id, reason: 'left' });
    owner.socket.disconnect();
    const gone = await line('disconnect', { connection, reason: 'client namespace disconnect' });
    expect(gone.ms).toBeGreaterThanOrEqual(0);
    away.start();
    await line('register', { session_id, outcome: 'resumed' });

    for (const { level, time, pid, hostname, msg, step: name, ...fields } of lines) {
      if (name === undefined) continue;
      expect(msg).toBe(`[SESSION_TRACE] ${name}`);
      // docs/trace.md lists them.
      expect(fieldsOf(String(name))).toEqual(expect.arrayContaining(Object.keys(fields)));
    }
  });

  test('has take-overs and gaps', async (lab) => {
    const store = createMemoryStore();
    const settings = { pingIntervalMs: 20, retention: {} };
    const { app, lines } = await lab.loggedApp({ settings, store });
    const owner = lab.v1Client(app.url).socket;
    const register = { protocol: 2, thread_id: THREAD, attempt: 1, since: 0 };
    const first = await owner.emitWithAck('register_session', {
      ...register,
      instance: 'a'.repeat(22),
    });
    // After two silent ping intervals another instance with the same session takes over.
    const { session_id, session_secret } = first;
    const successor = lab.v1Client(app.url).socket;
    let attempt = 0;
    await until('taken over', async () => {
      // A new attempt each time: a repeated one gets the same receipt again, with a new session.
      attempt += 1;
      const { outcome } = await successor.emitWithAck('register_session', {
        ...register,
        instance: 'b'.repeat(22),
        attempt,
        session_id,
        session_secret,
      });
      return outcome === 'resumed';
    });
    expect(lines.find(({ step }) => step === 'taken_over')).toMatchObject({ session_id });

    owner.disconnect();
    successor.disconnect();
    await publish(app, THREAD, 1, 30);
    await store.logs.trim(THREAD, { maxEvents: 10 }, 100);
    const late = lab.client(app.url, { thread_id: THREAD });
    await until('told', () => late.gaps.length === 1);
    const gap = { gap_from: 1, gap_to: 20, outcome: 'new' };
    expect(lines.find(({ step, gap_to }) => step === 'register' && gap_to)).toMatchObject(gap);
  });

  test('names users and addresses, in refusals too, and no token', async (lab) => {
    const token = 'eyJhbGciOiJIUzI1NiJ9.c2VjcmV0.signature';
    const { app, lines } = await lab.loggedApp({
      authorize: ({ token }) => {
        if (token === 'outage') throw new Error(`No answer for ${token}`);
        if (token === undefined) return { denied: 'unauthenticated', reason: 'Log in\nfirst.' };
        return token.startsWith('stale') ? { denied: 'expired' } : { user_id: 'alice' };
      },
    });
    const step = (name: string) => lines.filter((line) => line.step === name);
    const address = expect.stringMatching(/127\.0\.0\.1$/);
    const alice = { user_id: 'alice', address };

    const follow = (thread_id: string, given?: string) =>
      lab.client(app.url, {
        thread_id,
        user_id: 'claimed',
        transport: 'websocket',
        ...(given !== undefined && { token: given }),
      });
    const allowed = follow('hers', token);
    await until('live', () => allowed.monitor.status.state === 'live');
    for (const given of [undefined, `stale ${token}`]) {
      const refused = follow('others', given);
      await until('failed', () => refused.monitor.status.state === 'failed');
    }
    const v1 = lab.v1Client(app.url, 'websocket');
    await v1.socket.emit('register_session', { thread_id: 'v1', user_id: 'bob' });
    await until('refused', () => v1.of('error').length === 1);
    expect(v1.of('error')[0]).toMatchObject({ code: 'authorisation' });

    const post = (authorization: string) =>
      fetch(
        `${app.url}/havefun?api_key=${token}`,
        jsonPost({ user_input: 'hello', thread_id: 'hers', user_id: 'claimed' }, { authorization }),
      );
    expect((await post(`Bearer stale ${token}`)).status).toBe(401);
    await (await post(`Bearer ${token}`)).text();
    for (let n = 0; n < 5; n += 1) expect((await post('Bearer outage')).status).toBe(503);

    expect(step('connect')[0]).toMatchObject({ address });
    expect(step('register')).toMatchObject([{ thread_id: 'hers', ...alice }]);
    const claimed = { thread_id: 'others', user_id: 'claimed', address };
    expect(step('register_refused')).toMatchObject([
      { ...claimed, code: 'unauthenticated', detail: 'Log in first.' },
      { ...claimed, code: 'token_expired' },
      { thread_id: 'v1', user_id: 'bob', code: 'unauthenticated' },
    ]);
    expect(step('access_refused')).toMatchObject([
      {
        action: 'post',
        thread_id: 'hers',
        user_id: 'claimed',
        address,
        code: 'token_expired',
        method: 'POST',
        path: '/havefun',
      },
    ]);
    expect(step('run_started')).toMatchObject([{ thread_id: 'hers', ...alice }]);
    // An outage is one line, however often it recurs.
    expect(lines.filter(({ level }) => level >= 40)).toMatchObject([{ action: 'post', times: 1 }]);
    expect(JSON.stringify(lines)).not.toContain(token);
    expect(JSON.stringify(lines)).not.toContain('for outage');
  });

  test('names no address when LOG_ADDRESSES is off', async (lab) => {
    const { server, url } = await lab.serve({ LOG_ADDRESSES: 'no' });
    const client = await lab.registeredV1Client(url, THREAD, 'websocket');
    client.socket.disconnect();
    await fetch(`${url}/debug/all-sessions?api_key=wrong`);
    await fetch(`${url}/threads/t/events`, {
      method: 'POST',
      headers: { origin: 'http://evil.example' },
    });
    await server.says(/A page of another origin was refused/);
    await server.says(/"step":"disconnect"/);
    expect(await server.signal('SIGTERM')).toBe(0);
    const logged = server.stdout.split('\n').filter((line) => line.startsWith('{'));
    expect(logged.length).toBeGreaterThan(3);
    expect(logged.filter((line) => line.includes('"address":'))).toEqual([]);
  });

  test('is one line each, whatever comes', async (lab) => {
    const { server, url } = await lab.serve({ LOG_LEVEL: 'debug' });
    const client = lab.v1Client(url, 'websocket');
    await until('connected', () => client.socket.connected);
    const nasty = ['\r\n[SESSION_TRACE] forged', '\u001b[2J', '\u2028\u009b31m', '__proto__', '"}'];
    for (const name of nasty) {
      const before = client.of('error').length;
      client.socket.emit(name, { thread_id: name });
      await until('refused', () => client.of('error').length > before);
    }
    client.socket.emit('register_session', { thread_id: nasty[0] });
    client.socket.emit('register_session', { thread_id: 'fine', user_id: nasty.join('') });
    await until('registered', () => client.of('session_registered').length === 1);
    client.socket.disconnect();
    await server.says(/"step":"disconnect"/);
    expect(await server.signal('SIGTERM')).toBe(0);
    const logged = server.stdout.split('\n').filter((line) => line.startsWith('{'));
    const parsed = logged.map((line) => JSON.parse(line) as LogLine);
    expect(parsed.filter(({ msg }) => msg.includes('forged'))).toEqual([]);
    expect(server.stdout).not.toMatch(/^\[SESSION_TRACE\]/m);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is control characters that must not be there
    expect(server.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/);
  });

  test('is readable on a terminal', async (lab) => {
    const DATA_DIR = await lab.folder();
    // `script` gives the server its own terminal.
    const server = lab.command(
      'script',
      ['-qec', `${process.execPath} ${SERVE.join(' ')}`, '/dev/null'],
      {
        env: { PORT: '0', DATA_DIR, NO_COLOR: '1' },
      },
    );
    const [, url = ''] = await server.says(/Session Monitor\s+(http:[\w.:/]+)/);
    const client = await lab.registeredV1Client(url, THREAD, 'websocket');
    await client.socket.emitWithAck('ping', {});
    await server.says(/INFO.*\[SESSION_TRACE\] register \{.*"thread_id":"traced".*\}/);
    client.socket.disconnect();
  });

  test('summarises the flood of one connection', async (lab) => {
    // The flood comes from this process, which cannot answer heartbeats meanwhile.
    const settings = { limits: { packetsPerSecond: Number.POSITIVE_INFINITY } };
    const { app, lines } = await lab.loggedApp({ socketIo: PATIENT, settings });
    const bystander = await lab.liveClient(app.url, { thread_id: THREAD, transport: 'websocket' });
    const flood = lab.v1Client(app.url, 'websocket');
    await until('connected', () => flood.socket.connected);
    // In parts: the server disconnects a client that leaves 5,000 answers unread.
    for (let sent = 0; sent < 10_000; ) {
      for (const upTo = sent + 2_000; sent < upTo; sent += 1) {
        flood.socket.emit(`malformed-${sent}`, { n: sent });
      }
      await until('a part is answered', () => flood.of('error').length === sent);
    }
    await app.sessions.publish(THREAD, EVENT, { n: 1 });
    await until('the bystander goes on', () => bystander.seen.length === 1);
    flood.socket.emit('register_session', { thread_id: 'fine' });
    await until('all are answered', () => flood.of('session_registered').length === 1);
    flood.socket.disconnect();
    const told = () => lines.filter(({ step }) => step === 'bad_input');
    const counted = () => told().reduce((sum, each) => sum + Number(each.suppressed ?? 1), 0);
    await until('all are counted', () => counted() === 10_000, { state: counted });
    // The first, and one for each second that it took.
    expect(told().length).toBeLessThan(12);
    expect(bystander.monitor.status).toMatchObject({ state: 'live', reconnects: 0 });
  });
});

const matches = (line: LogLine, fields: object): boolean =>
  Object.entries(fields).every(([name, value]) => line[name] === value);
