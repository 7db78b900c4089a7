/** Reports of clients: what a page tells the operators, also over a broken socket, and what never leaves it. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SessionMonitor } from '@session-monitor/client';
import { overSse } from '@session-monitor/client/sse';
import { describe, expect } from 'vitest';
import { keepAway, type TestClient } from '../support/client.js';
import { openDisk } from '../support/disk.js';
import { jsonPost, postMessage, refusalOf } from '../support/json.js';
import { type Lab, test } from '../support/lab.js';
import { publicApp } from '../support/public-app.js';
import { ROOT } from '../support/root.js';
import { until } from '../support/until.js';

const THREAD = 'reported';
const OPERATOR = { authorization: 'Bearer operator' };
const KIB = 1024;

interface Report {
  readonly node: string;
  readonly received_at: number;
  readonly note: string | null;
  readonly requested: boolean;
  readonly diagnostics: {
    readonly status: { readonly state: string };
    readonly recent_log: readonly string[];
  };
}

interface Traced {
  readonly client: Report | null;
  readonly lines: readonly { readonly step: string; readonly [field: string]: unknown }[];
}

async function traceOf(url: string, session_id: unknown, query = ''): Promise<Traced> {
  const response = await fetch(`${url}/debug/sessions/${session_id}/trace${query}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Traced;
}

const idOf = ({ receipts }: TestClient): string => receipts.at(-1)?.session_id ?? '';
const secretOf = ({ receipts }: TestClient): string => receipts.at(-1)?.session_secret ?? '';

/** An app that keeps its trace in files. */
async function tracedApp(lab: Lab, config: Parameters<Lab['app']>[0] = {}) {
  const directory = join(await lab.folder(), 'trace');
  return { directory, app: await lab.app({ trace: { directory }, ...config }) };
}

const reportsIn = (directory: string): readonly string[] =>
  readdirSync(directory).filter((name) => name.startsWith('report-'));

describe('a report', () => {
  test('arrives while the socket is cut, and the newest one is shown with the trace', async (lab) => {
    const { app, directory } = await tracedApp(lab);
    const proxy = await lab.proxy(app.url);
    const client = await lab.liveClient(proxy.url, { thread_id: THREAD, url: app.url });
    await keepAway(proxy, client);
    await client.monitor.report('The reply has stopped.');
    const first = await traceOf(app.url, idOf(client));
    expect(first.client).toMatchObject({
      node: app.sessions.node,
      received_at: expect.any(Number),
      note: 'The reply has stopped.',
      requested: false,
      diagnostics: { status: { state: 'recovering', thread_id: THREAD } },
    });
    expect(first.client?.diagnostics.recent_log.join('\n')).toMatch(
      /link down because of the transport: transport close/,
    );
    expect(first.lines.at(-1)).toMatchObject({
      step: 'reported',
      session_id: idOf(client),
      thread_id: THREAD,
      address: '127.0.0.1',
      bytes: expect.any(Number),
      requested: false,
    });
    await client.monitor.report();
    const second = await traceOf(app.url, idOf(client));
    expect(second.client).toMatchObject({ note: null });
    expect(reportsIn(directory)).toEqual([`report-${idOf(client)}.json`]);
    // Not repeated on later pages, and none of another session's.
    expect((await traceOf(app.url, idOf(client), '?before=1')).client).toBeNull();
    expect((await traceOf(app.url, 'another-session-0000')).client).toBeNull();
    const thread = await fetch(`${app.url}/debug/threads/${THREAD}/trace?format=ndjson`);
    expect(JSON.parse((await thread.text()).split('\n')[0] ?? '')).toMatchObject({ client: null });
  });

  test('holds no token, no secret and no word of the conversation', async (lab) => {
    const jwt = ['eyJhbGciOiJub25lIn0', 'eyJzdWIiOiJhbGljZSJ9', 'c2lnbmF0dXJl'].join('.');
    const secrets = ['the-token-of-alice', 'the-handshake-secret', 'the-key-in-a-header', jwt];
    const words = ['hummingbird', 'marmalade', 'thunderstorm'];
    const { app, directory } = await tracedApp(lab, {
      authorize: ({ token }) => token === secrets[0] && { user_id: 'alice' },
      responder: async function* () {
        yield `${words[0]} and more`;
      },
    });
    let isBroken = false;
    const client = lab.client(app.url, {
      idle: true,
      thread_id: THREAD,
      token: () => {
        if (isBroken) throw new Error(`refresh of ${secrets[0]} with ${jwt} failed`);
        return secrets[0] ?? '';
      },
      socket: {
        auth: { token: secrets[1] },
        extraHeaders: { 'x-key': secrets[2] ?? '' },
      },
    });
    let instance = '';
    client.socket.onAnyOutgoing((event, message) => {
      if (event === 'register_session') ({ instance } = message as { instance: string });
    });
    client.monitor.start();
    await client.monitor.sendMessage(`Tell me of ${words[1]}`);
    await client.monitor.send('note', { text: words[2] ?? '' });
    await until('it has the reply', () => client.monitor.status.runs.at(-1)?.state === 'completed');
    // It stays in the outbox: without a token it cannot be sent.
    isBroken = true;
    client.socket.disconnect();
    client.socket.connect();
    await until('the app gives no token', () =>
      client.errors.some((each) => each.startsWith('no_token')),
    );
    client.monitor.sendMessage(`More of ${words[1]}`).catch(() => {});
    const [error = ''] = client.errors;
    expect(error).toContain(secrets[0]);
    await client.monitor.report('What the user writes stays as it is.');
    const text = readFileSync(join(directory, reportsIn(directory)[0] ?? ''), 'utf8');
    expect(text).toContain('refresh of [removed] with [removed] failed');
    expect(instance).toHaveLength(26);
    for (const each of [...secrets, ...words, instance, secretOf(client)]) {
      expect([each, text.includes(each)]).toEqual([each, false]);
    }
    // What a user may paste holds none of the monitor's own, either.
    const shown = JSON.stringify(client.monitor.diagnostics());
    for (const each of [...words, instance, secretOf(client)]) expect(shown).not.toContain(each);
  });

  test('is refused without the secret of its session, and beyond its bounds', async (lab) => {
    const { app } = await tracedApp(lab);
    const [mine, other] = [
      await lab.liveClient(app.url, { thread_id: THREAD }),
      await lab.liveClient(app.url, { thread_id: THREAD }),
    ];
    const send = async (session_id: string, secret: string | undefined, body: unknown) => {
      const headers = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
      const answer = await fetch(
        `${app.url}/sessions/${session_id}/report`,
        jsonPost(body, headers),
      );
      return answer.status === 204 ? [204] : refusalOf(answer);
    };
    const body = { diagnostics: {} };
    const unauthenticated = [401, 'unauthenticated'];
    expect(await send(idOf(mine), undefined, body)).toEqual(unauthenticated);
    expect(await send(idOf(mine), secretOf(other), body)).toEqual(unauthenticated);
    expect(await send('no-session-of-this-test', secretOf(mine), body)).toEqual(unauthenticated);
    expect(await send('no', secretOf(mine), body)).toEqual([400, 'bad_request', 'session_id']);
    const own = (wrong: unknown) => send(idOf(mine), secretOf(mine), wrong);
    expect(await own({ note: 'no diagnostics' })).toEqual([400, 'bad_request', 'diagnostics']);
    expect(await own({ diagnostics: [] })).toEqual([400, 'bad_request', 'diagnostics']);
    expect(await own({ ...body, note: 'x'.repeat(2_001) })).toEqual([400, 'bad_request', 'note']);
    expect(await own({ diagnostics: { text: 'x'.repeat(256 * KIB) } })).toEqual([413, 'too_large']);
    const deep = JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`);
    expect(await own({ diagnostics: deep })).toEqual([413, 'too_large']);
    expect((await traceOf(app.url, idOf(mine))).client).toBeNull();
    // A terminal gets no command from it, and a page no markup of ours.
    const note = '<b>bold</b>\u009b31m';
    expect(await own({ note, diagnostics: { '\u009bkey': '\u202e' } })).toEqual([204]);
    const { client, lines } = await traceOf(app.url, idOf(mine));
    expect(client).toMatchObject({
      note: '<b>bold</b>\\u009b31m',
      diagnostics: { '\\u009bkey': '\\u202e' },
    });
    expect(lines.filter(({ step }) => step === 'access_refused')).toMatchObject([
      { action: 'report', code: 'unauthenticated', session_id: idOf(mine) },
      { action: 'report', code: 'unauthenticated', session_id: idOf(mine) },
    ]);
  });

  test('is limited for each session and each address', async (lab) => {
    const { url, hits } = await publicApp(lab, { reportsPerMinute: 2 });
    const client = await lab.liveClient(url, { thread_id: THREAD });
    await client.monitor.report();
    await client.monitor.report();
    await expect(client.monitor.report()).rejects.toMatchObject({
      code: 'ERR_REFUSED',
      message: expect.stringContaining('limit_reached'),
    });
    const guess = () =>
      fetch(
        `${url}/sessions/${idOf(client)}/report`,
        jsonPost({ diagnostics: {} }, { authorization: 'Bearer a-guess-of-its-secret' }),
      );
    let refused: Response | undefined;
    for (let tries = 0; tries < 20 && refused?.status !== 429; tries += 1) refused = await guess();
    expect(refused?.status).toBe(429);
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused?.headers.get('ratelimit-policy')).toContain('reportsPerMinute');
    expect(hits()).toContain('reportsPerMinute');
  });

  test('goes with the erasure of its thread', async (lab) => {
    const { app, directory } = await tracedApp(lab);
    const [client, other] = [
      await lab.liveClient(app.url, { thread_id: THREAD }),
      await lab.liveClient(app.url, { thread_id: 'other' }),
    ];
    await client.monitor.report('one');
    await other.monitor.report('other');
    await app.sessions.deleteThread(THREAD);
    expect((await traceOf(app.url, idOf(client))).client).toBeNull();
    expect((await traceOf(app.url, idOf(other))).client).toMatchObject({ note: 'other' });
    client.close();
    other.close();
    await app.close();
    expect(reportsIn(directory)).toEqual([`report-${idOf(other)}.json`]);
  });

  test('is there after a SIGKILL of its server', async (lab) => {
    const DATA_DIR = await lab.folder();
    const killed = await lab.serve({ DATA_DIR });
    const client = await lab.liveClient(killed.url, { thread_id: THREAD });
    await client.monitor.report('before');
    client.monitor.stop();
    await killed.server.signal('SIGKILL');
    const again = await lab.serve({ DATA_DIR });
    expect((await traceOf(again.url, idOf(client))).client).toMatchObject({ note: 'before' });
  });

  test('is refused when the disk is full, and the server goes on', async (lab) => {
    const disk = await openDisk(await lab.folder(), 8);
    lab.defer(() => disk.close());
    expect(disk.kind, 'the test mounts a disk: run it as root').toBe('tmpfs');
    const { app } = await lab.loggedApp({ trace: { directory: join(disk.path, 'trace') } });
    const client = await lab.liveClient(app.url, { thread_id: THREAD });
    await client.monitor.report('there is room');
    disk.fill();
    await expect(client.monitor.report('there is none')).rejects.toMatchObject({
      code: 'ERR_REFUSED',
      message: expect.stringContaining('storage_full'),
    });
    expect((await traceOf(app.url, idOf(client))).client).toMatchObject({ note: 'there is room' });
    await (await postMessage(app.url, THREAD, 'hello')).text();
    disk.free();
    await client.monitor.report('again');
  });

  test('fails with a code where it cannot be sent', async (lab) => {
    const app = await lab.app({ trace: false });
    const client = await lab.liveClient(app.url, { thread_id: THREAD });
    await expect(client.monitor.report()).rejects.toMatchObject({
      code: 'ERR_REFUSED',
      message: expect.stringContaining('not_found'),
    });
    const idle = lab.client(app.url, { thread_id: THREAD, idle: true });
    await expect(idle.monitor.report()).rejects.toMatchObject({ code: 'ERR_NO_SESSION' });
    const stream = new SessionMonitor(overSse(app.url), { thread_id: THREAD, storage: null });
    lab.defer(() => stream.stop());
    stream.start();
    await until('the stream is live', () => stream.status.state === 'live');
    await expect(stream.report()).rejects.toMatchObject({ code: 'ERR_NO_SESSION' });
    const cut = await lab.liveClient(app.url, { thread_id: THREAD, url: 'http://127.0.0.1:9' });
    await expect(cut.monitor.report()).rejects.toMatchObject({ code: 'ERR_NO_ANSWER' });
  });
});

test('the button of the documentation sends a report, or says why not', async (lab) => {
  const page = readFileSync(join(ROOT, 'docs/client.md'), 'utf8');
  const [, code = ''] = /## Report a problem\n.*?```js\n(.*?)```/s.exec(page) ?? [];
  const app = await lab.app();
  const client = lab.client(app.url, { thread_id: THREAD, idle: true });
  const button: { onclick?: () => Promise<void>; disabled?: boolean } = {};
  const answer = { textContent: '' };
  const run = new Function('monitor', 'button', 'note', 'answer', code);
  run(client.monitor, button, { value: 'It stopped.' }, answer);
  await button.onclick?.();
  expect(answer.textContent).toContain('no session');
  client.monitor.start();
  await until('live', () => client.monitor.status.state === 'live');
  await button.onclick?.();
  expect([answer.textContent, button.disabled]).toEqual(['Thank you. We have it.', false]);
  expect((await traceOf(app.url, idOf(client))).client).toMatchObject({ note: 'It stopped.' });
});

describe('an operator that asks for a report', () => {
  const ask = (url: string, session_id: string, headers: Readonly<Record<string, string>>) =>
    fetch(`${url}/debug/sessions/${session_id}/report-request`, { method: 'POST', headers });

  test('gets one of an app that allows it, once a minute, and none of others', async (lab) => {
    const { app } = await tracedApp(lab, {
      authorize: ({ action, token }) =>
        action === 'administer' ? token === 'operator' && { admin: true } : true,
    });
    const options = { thread_id: THREAD, diagnostics: 'on-request' } as const;
    const [willing, silent] = [
      await lab.liveClient(app.url, options),
      await lab.liveClient(app.url, { thread_id: THREAD }),
    ];
    expect((await ask(app.url, idOf(willing), {})).status).toBe(403);
    for (const client of [willing, silent]) {
      const asked = await ask(app.url, idOf(client), OPERATOR);
      expect([asked.status, await asked.json()]).toEqual([
        202,
        { requested: true, unreachable: [] },
      ]);
    }
    const traced = await until('it has come', async () => {
      const found = await traceOf(app.url, idOf(willing));
      return found.lines.some(({ step }) => step === 'reported') ? found : false;
    });
    expect(traced.client).toMatchObject({ note: null, requested: true });
    expect(traced.lines.map(({ step }) => step)).toEqual(
      expect.arrayContaining(['report_requested', 'reported']),
    );
    expect((await traceOf(app.url, idOf(silent))).client).toBeNull();
    const again = await ask(app.url, idOf(willing), OPERATOR);
    expect([again.status, Number(again.headers.get('retry-after'))]).toEqual([
      429,
      expect.closeTo(60, -1),
    ]);
    const old = await lab.registeredV1Client(app.url, THREAD);
    for (const session_id of ['no-session-of-this-test', old.socket.id ?? '']) {
      const absent = await ask(app.url, session_id, OPERATOR);
      expect(await refusalOf(absent)).toEqual([404, 'session_unknown']);
    }
  });

  test('reaches the client on another server, and sees its report there', async (lab) => {
    const { nodes } = await lab.nodes(2);
    const client = await lab.liveClient(nodes[0].url, {
      thread_id: THREAD,
      diagnostics: 'on-request',
    });
    expect((await ask(nodes[1].url, idOf(client), {})).status).toBe(202);
    const traced = await until('it has come', async () => {
      const found = await traceOf(nodes[1].url, idOf(client));
      return found.client ? found : false;
    });
    expect(traced.client).toMatchObject({
      node: expect.stringMatching(/^node-1/),
      requested: true,
    });
  });
});
