/** The session trace: what happened to one session, on real sockets, after a SIGKILL, over several nodes. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { publish } from '../support/app.js';
import { createStorage, EVENT } from '../support/client.js';
import { openDisk } from '../support/disk.js';
import { filesOf } from '../support/files-of.js';
import { jsonPost, postMessage } from '../support/json.js';
import { type Lab, test } from '../support/lab.js';
import { until } from '../support/until.js';

const THREAD = 'traced';
const OPERATOR = { authorization: 'Bearer operator' };

interface Line {
  readonly time: number;
  readonly seq: number;
  readonly node: string;
  readonly started_at: number;
  readonly step: string;
  readonly [field: string]: unknown;
}

interface Answer {
  readonly nodes: readonly { readonly node: string; readonly [field: string]: unknown }[];
  readonly missing: readonly { readonly node: string; readonly reason: string }[];
  readonly next: number | null;
  readonly lines: readonly Line[];
}

async function ask(url: string, path: string): Promise<Answer> {
  const response = await fetch(`${url}/debug/${path}`);
  expect([path, response.status]).toEqual([path, 200]);
  return (await response.json()) as Answer;
}

const ofSession = (url: string, session_id: unknown) => ask(url, `sessions/${session_id}/trace`);
const stepsOf = ({ lines }: Answer): readonly string[] => lines.map(({ step }) => step);

/** An app that keeps its trace in files. */
async function tracedApp(lab: Lab, config: Parameters<Lab['app']>[0] = {}) {
  const directory = join(await lab.folder(), 'trace');
  return { directory, app: await lab.app({ trace: { directory }, ...config }) };
}

/** Waits for a step, without a question: that would write what waits. */
const untilWritten = (directory: string, text: string) =>
  until(`${text} is written`, () =>
    Object.values(filesOf(directory)).some((bytes) => bytes.includes(text)),
  );

describe('the trace of a session', () => {
  test('tells its whole life: connections, cuts, replies, a reload, a refusal, the end', async (lab) => {
    let isAllowed = true;
    const { app } = await tracedApp(lab, {
      settings: { sweepIntervalMs: 20, pingIntervalMs: 50 },
      authorize: ({ action }) =>
        action !== 'resume' && isAllowed ? { user_id: 'alice' } : { denied: 'forbidden' },
    });
    const proxy = await lab.proxy(app.url);
    const storage = createStorage();
    const client = await lab.liveClient(proxy.url, {
      thread_id: THREAD,
      storage,
      pingInterval: 50,
    });
    const { session_id } = client.monitor.status;
    await until('upgraded', () => client.socket.io.engine.transport.name === 'websocket');
    await (await postMessage(app.url, THREAD, 'hello')).text();
    await until('it has the reply', () => client.monitor.status.offset > 3);
    proxy.cut();
    await until('it is back', () => client.receipts.length === 2);
    client.socket.disconnect();
    // The page is reloaded.
    const reloaded = await lab.liveClient(app.url, {
      thread_id: THREAD,
      storage,
      transport: 'websocket',
    });
    expect(reloaded.receipts[0]).toMatchObject({ outcome: 'resumed', session_id });
    isAllowed = false;
    // Only now: on a busy machine a page takes a second to come back.
    Object.assign(app.sessions.internals.settings, { sessionTtlMs: 50, tombstoneTtlMs: 50 });
    reloaded.socket.disconnect();
    reloaded.socket.connect();
    await until('refused', () => reloaded.monitor.status.state === 'failed');
    await until(
      'it is forgotten',
      async () => (await ofSession(app.url, session_id)).lines.at(-1)?.step === 'forget',
    );

    const answer = await ofSession(app.url, session_id);
    const life = [
      ...['connect', 'register', 'run_started', 'run_finished'],
      ...['disconnect', 'connect', 'register', 'disconnect', 'connect', 'register'],
      ...['disconnect', 'expire', 'forget'],
    ];
    let at = 0;
    for (const step of stepsOf(answer)) if (step === life[at]) at += 1;
    expect(life.slice(at), stepsOf(answer).join(' ')).toEqual([]);
    const find = (step: string) => answer.lines.find((line) => line.step === step);
    // It comes before the registration, or after it.
    expect(find('upgrade')).toMatchObject({ from: 'polling', transport: 'websocket' });
    expect(find('connect')).toMatchObject({ transport: 'polling', address: '127.0.0.1' });
    expect(find('register')).toMatchObject({ session_id, user_id: 'alice', outcome: 'new' });
    expect(find('register_refused')).toMatchObject({ session_id, code: 'authorisation' });
    expect(find('disconnect')).toMatchObject({
      reason: expect.any(String),
      ms: expect.any(Number),
    });
    expect(find('expire')).toMatchObject({ session_id, reason: 'disconnected' });
    for (const { time, seq, node, started_at } of answer.lines) {
      expect([time, seq, node, started_at]).toEqual([
        expect.any(Number),
        expect.any(Number),
        app.sessions.node,
        answer.lines[0]?.started_at,
      ]);
    }
    // The same by the user, and by the thread.
    for (const path of ['users/alice/trace', `threads/${THREAD}/trace`]) {
      const steps = stepsOf(await ask(app.url, path));
      expect(steps).toEqual(
        expect.arrayContaining(['register', 'run_started', 'run_finished', 'expire']),
      );
    }
  });

  test('tells which connection has taken it over', async (lab) => {
    const { app } = await tracedApp(lab, { settings: { pingIntervalMs: 20 } });
    const owner = lab.v1Client(app.url).socket;
    const successor = lab.v1Client(app.url).socket;
    const register = { protocol: 2, thread_id: THREAD, attempt: 1, since: 0 };
    const first = await owner.emitWithAck('register_session', {
      ...register,
      instance: 'a'.repeat(22),
    });
    const { session_id, session_secret } = first;
    let attempt = 0;
    // An owner that has been silent for two pings is not asked.
    await until('taken over', async () => {
      attempt += 1;
      const claim = { ...register, instance: 'b'.repeat(22), attempt, session_id, session_secret };
      const { outcome } = await successor.emitWithAck('register_session', claim);
      return outcome === 'resumed';
    });
    const { lines } = await ofSession(app.url, session_id);
    expect(lines.find(({ step }) => step === 'taken_over')).toMatchObject({
      session_id,
      thread_id: THREAD,
      connection: owner.id,
      by: successor.id,
    });
  });

  test('is one file, page by page or line by line, and bad questions are refused', async (lab) => {
    const { app } = await tracedApp(lab);
    const client = await lab.liveClient(app.url, { thread_id: THREAD });
    const { session_id } = client.monitor.status;
    const path = `${app.url}/debug/sessions/${session_id}/trace`;
    const whole = await ofSession(app.url, session_id);
    const ndjson = await fetch(path, { headers: { accept: 'application/x-ndjson' } });
    expect(ndjson.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    const [head, ...lines] = (await ndjson.text())
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text));
    expect(head).toMatchObject({
      node: app.sessions.node,
      nodes: [{ kept: 'files', stopped: null }],
    });
    expect(lines.map(({ step }: Line) => step)).toEqual(
      expect.arrayContaining([...stepsOf(whole)]),
    );
    const newest = await ask(
      app.url,
      `sessions/${session_id}/trace?limit=1&before=${whole.lines.at(-1)?.time}`,
    );
    expect(newest.lines.length).toBeLessThan(whole.lines.length);
    const wrong = [
      'limit=0',
      'limit=10001',
      'limit=x',
      'before=soon',
      'format=xml',
      'limit=1&limit=2',
    ];
    for (const query of wrong)
      expect([query, (await fetch(`${path}?${query}`)).status]).toEqual([query, 400]);
    for (const bad of ['sessions/short/trace', 'threads/a%20b/trace', 'sessions/%00/trace'])
      expect([bad, (await fetch(`${app.url}/debug/${bad}`)).status]).toEqual([bad, 400]);
    for (const user of ['<script>alert("1")</script>\r\n', 'x'.repeat(10_000)]) {
      const { lines } = await ask(app.url, `users/${encodeURIComponent(user)}/trace`);
      expect(lines).toEqual([]);
    }
    expect((await fetch(path, { method: 'HEAD' })).status).toBe(200);
  });

  test('without a directory it is in memory, and says so; switched off there is none', async (lab) => {
    const { app, lines } = await lab.loggedApp();
    const client = await lab.liveClient(app.url, { thread_id: THREAD });
    const answer = await ofSession(app.url, client.monitor.status.session_id);
    expect(answer.nodes).toMatchObject([{ kept: 'memory' }]);
    expect(stepsOf(answer)).toContain('register');
    expect(lines.some(({ msg }) => msg.includes('in memory only'))).toBe(true);
    const off = await lab.app({ trace: false });
    const other = await lab.liveClient(off.url, { thread_id: THREAD });
    const none = await ofSession(off.url, other.monitor.status.session_id);
    expect(none).toMatchObject({ nodes: [{ kept: 'nowhere' }], lines: [] });
  });

  test('has every frame and acknowledgement of what an operator watches', async (lab) => {
    const { app } = await tracedApp(lab, {
      authorize: ({ action, token }) =>
        action === 'administer' ? token === 'operator' && { admin: true } : true,
    });
    const watched = await lab.liveClient(app.url, { thread_id: THREAD, pingInterval: 50 });
    const other = await lab.liveClient(app.url, { thread_id: 'other', pingInterval: 50 });
    const [session_id, another] = [watched, other].map(({ monitor }) => monitor.status.session_id);
    const detail = `${app.url}/debug/detail`;
    const begin = (body: object, headers: Record<string, string> = OPERATOR) =>
      fetch(detail, jsonPost(body, headers));
    expect((await begin({ session_id, minutes: 5 }, {})).status).toBe(403);
    for (const minutes of [0, 61, '5', undefined])
      expect((await begin({ session_id, minutes })).status).toBe(400);
    expect((await begin({ session_id, thread_id: THREAD, minutes: 5 })).status).toBe(400);
    const begun = await begin({ session_id, minutes: 5 });
    const until_ms = expect.any(Number);
    expect(await begun.json()).toEqual({
      detail: [{ session_id, until: until_ms }],
      unreachable: [],
    });
    await publish(app, THREAD, 1, 3);
    await publish(app, 'other', 1, 3);
    await until('acknowledged', async () => {
      const { lines } = await ofSession(app.url, session_id);
      return lines.some(({ step, offset }) => step === 'acknowledged' && offset === 3);
    });
    const steps = stepsOf(await ofSession(app.url, session_id));
    expect(steps).toEqual(expect.arrayContaining(['detail_on', 'frame', 'acknowledged', 'ping']));
    expect(stepsOf(await ofSession(app.url, another))).not.toContain('frame');
    const end = (headers: Record<string, string>) =>
      fetch(`${detail}?session_id=${session_id}`, { method: 'DELETE', headers });
    expect((await end({})).status).toBe(403);
    expect(await (await end(OPERATOR)).json()).toEqual({ detail: [], unreachable: [] });
    expect(await (await fetch(detail)).json()).toEqual({ detail: [] });
    // No payload, whatever is watched.
    await (await postMessage(app.url, THREAD, 'needle-in-the-haystack')).text();
    expect(JSON.stringify(await ask(app.url, `threads/${THREAD}/trace`))).not.toContain('needle');
  });
});

describe('the files of the trace', () => {
  test('show all but the last quarter of a second of a server that was killed', async (lab) => {
    const DATA_DIR = await lab.folder();
    const env = { DATA_DIR, DEMO_WORDS: '2000' };
    const killed = await lab.serve(env);
    const client = await lab.liveClient(killed.url, { thread_id: THREAD });
    const { session_id } = client.monitor.status;
    const asked = jsonPost({ user_input: 'go on', thread_id: THREAD, use_websocket: true });
    void (await fetch(`${killed.url}/havefun`, asked)).body?.cancel();
    const directory = join(DATA_DIR, 'trace');
    await untilWritten(directory, '"run_started"');
    await killed.server.signal('SIGKILL');
    client.monitor.stop();
    expect(readdirSync(directory)).toHaveLength(1);

    const again = await lab.serve(env);
    const answer = await until('the start is traced', async () => {
      const found = await ofSession(again.url, session_id);
      return stepsOf(found).includes('not_stopped') ? found : false;
    });
    const steps = stepsOf(answer);
    expect(steps).toEqual(
      expect.arrayContaining(['connect', 'register', 'run_started', 'process_started']),
    );
    expect(answer.lines.find(({ step }) => step === 'not_stopped')).toMatchObject({ runs: 1 });
    expect(new Set(answer.lines.map(({ started_at }) => started_at)).size).toBe(2);
    expect(answer.missing).toEqual([]);
    expect(steps.indexOf('register')).toBeLessThan(steps.indexOf('not_stopped'));
  });

  test('have nothing left of an erased thread but that it was erased', async (lab) => {
    const { app, directory } = await tracedApp(lab);
    const client = await lab.liveClient(app.url, { thread_id: THREAD });
    const other = await lab.liveClient(app.url, { thread_id: 'other' });
    const [session_id = '', another] = [client, other].map(
      ({ receipts }) => receipts[0]?.session_id,
    );
    await publish(app, THREAD, 1, 1);
    await untilWritten(directory, session_id);
    client.close();
    await until('it has left', () => app.sessions.stats().sessions === 1);
    expect((await fetch(`${app.url}/threads/${THREAD}`, { method: 'DELETE' })).status).toBe(204);
    // Not shown from now on, and overwritten within seconds; a stop does it at once.
    expect(
      stepsOf(await ask(app.url, `threads/${THREAD}/trace`)).filter(
        (step) => step !== 'process_started',
      ),
    ).toEqual(['erase']);
    other.close();
    await app.close();
    const text = Object.values(filesOf(directory)).map(String).join('');
    expect(text).not.toContain(session_id);
    expect(text).toContain(another);
    expect(text.match(new RegExp(`"${THREAD}"`, 'g'))).toHaveLength(1);
  });

  test('stop when their disk is full; the server does not', async (lab) => {
    const disk = await openDisk(await lab.folder(), 8);
    lab.defer(() => disk.close());
    expect(disk.kind, 'the test mounts a disk: run it as root').toBe('tmpfs');
    const { app, lines } = await lab.loggedApp({ trace: { directory: join(disk.path, 'trace') } });
    const before = await lab.liveClient(app.url, { thread_id: THREAD });
    const steps = async (session_id: unknown) => stepsOf(await ofSession(app.url, session_id));
    expect(await steps(before.monitor.status.session_id)).toContain('register');
    disk.fill();
    const after = await lab.liveClient(app.url, { thread_id: THREAD });
    await publish(app, THREAD, 1, 5);
    await until('both have all', () => [before, after].every(({ seen }) => seen.length === 5));
    const { session_id } = before.monitor.status;
    const [node] = (await ofSession(app.url, session_id)).nodes;
    expect(node).toMatchObject({
      kept: 'files',
      stopped: { code: 'ENOSPC', at: expect.any(Number) },
    });
    expect(node?.dropped).toBeGreaterThan(0);
    expect(await steps(session_id)).toContain('register');
    const said = lines.filter(({ msg }) => msg.startsWith('The session trace has stopped'));
    expect(said).toMatchObject([{ level: 50 }]);
  });
});

describe('the trace of several nodes', () => {
  test('is one, with what each knows; the part of a node that is gone is marked', async (lab) => {
    const { nodes } = await lab.nodes(2);
    const proxy = await lab.proxy(nodes[0].url);
    const client = await lab.liveClient(proxy.url, { thread_id: THREAD, transport: 'websocket' });
    const { session_id } = client.monitor.status;
    const watch = jsonPost({ session_id, minutes: 1 });
    expect((await fetch(`${nodes[0].url}/debug/detail`, watch)).status).toBe(200);
    proxy.retarget(nodes[1].port);
    proxy.cut();
    await until('it has moved', () => client.receipts.length === 2);
    await nodes[0].publish(THREAD, EVENT, { n: 1 });
    await until('it has the event', () => client.seen.length === 1);
    const nameOf = (node: string) => node.slice(0, 'node-1'.length);
    const shown = ({ lines }: Answer) => lines.map(({ node, step }) => `${nameOf(node)} ${step}`);
    for (const { url } of nodes) {
      const answer = await ofSession(url, session_id);
      const both = shown(answer);
      expect(both.indexOf('node-1 register')).toBeGreaterThanOrEqual(0);
      expect(both.indexOf('node-2 register')).toBeGreaterThan(both.indexOf('node-1 register'));
      // The other node watches it, too.
      expect(both).toContain('node-2 frame');
      expect(answer.nodes.map(({ node }) => nameOf(node)).sort()).toEqual(['node-1', 'node-2']);
      for (const { clock_offset_ms, round_trip_ms } of answer.nodes)
        expect(Math.abs(Number(clock_offset_ms))).toBeLessThanOrEqual(
          Number(round_trip_ms) / 2 + 20,
        );
      expect(answer.missing).toEqual([]);
    }
    await nodes[0].kill();
    const rest = await ofSession(nodes[1].url, session_id);
    expect(rest.missing).toMatchObject([{ node: expect.stringMatching(/^node-1/) }]);
    expect(shown(rest)).toContain('node-2 register');
    expect(shown(rest).some((line) => line.startsWith('node-1'))).toBe(false);
  });
});
