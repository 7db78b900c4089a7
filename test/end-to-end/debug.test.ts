import { createMemoryStore, type Store } from '@session-monitor/server';
import type { AppConfig } from 'session-monitor';
import { describe, expect } from 'vitest';
import type { TestApp } from '../support/app.js';
import { PATIENT, publish } from '../support/app.js';
import { TRANSPORT_CASES } from '../support/client.js';
import { test } from '../support/lab.js';
import { newSession } from '../support/records.js';
import { times, until } from '../support/until.js';

const THREAD = 'watched';
const KEY = 'a-long-key-of-this-test-alone';
const URLS = ['websocket-sessions', 'all-sessions', `thread-sessions?thread_id=${THREAD}`] as const;

const production = (): Partial<AppConfig> => ({
  mode: 'production',
  authorize: () => true,
  store: { ...createMemoryStore(), durable: true },
});

interface Shown {
  readonly session_id: string;
  readonly status: string;
  readonly transport: string;
  readonly lag: number;
  readonly [field: string]: unknown;
}

/** The sessions that each of the three URLs shows. */
async function shown(app: TestApp): Promise<readonly Shown[][]> {
  const [sockets, all, thread] = await Promise.all([
    get(app, 'websocket-sessions?api_key=debug_websocket_key'),
    get(app, 'all-sessions'),
    get(app, `thread-sessions?thread_id=${THREAD}`),
  ]);
  const connected = sockets.connections.flatMap(({ sessions }: { sessions: Shown[] }) => sessions);
  return [[...connected, ...sockets.disconnected_sessions], all.sessions, thread.active_sessions];
}

// biome-ignore lint/suspicious/noExplicitAny: each test looks into the JSON that it expects
async function get(app: TestApp, path: string, headers: Record<string, string> = {}): Promise<any> {
  const response = await fetch(`${app.url}/debug/${path}`, { headers });
  expect([path, response.status]).toEqual([path, 200]);
  expect(response.headers.get('cache-control')).toBe('no-store');
  return response.json();
}

/**
 * The record of the only session, which must be the same at the three URLs. A session that starts
 * or ends between two of the answers is in one and not in the next, so the URLs are asked again.
 */
async function only(app: TestApp): Promise<Shown | undefined> {
  let lists: readonly Shown[][] = [];
  await until('the three URLs agree', async () => {
    lists = await shown(app);
    return new Set(lists.map(({ length }) => length)).size === 1;
  });
  return lists[0]?.[0];
}

describe('the debug URLs', () => {
  for (const dialect of [1, 2] as const) {
    test(`show a session from its upgrade to its expiry (v${dialect})`, async (lab) => {
      const { app, proxy } = await lab.proxiedApp({
        settings: { sessionTtlMs: 3_000, sweepIntervalMs: 20 },
        socketIo: PATIENT,
      });
      const v1 = dialect === 1 ? lab.v1Client(proxy.url) : undefined;
      const v2 =
        dialect === 2
          ? lab.client(proxy.url, { thread_id: THREAD, user_id: 'alice', pingInterval: 100 })
          : undefined;
      const socket = v1?.socket ?? v2?.socket;
      if (!socket) throw new Error('There is one of the two');
      await v1?.register(THREAD, { user_id: 'alice' });
      await until('live', async () => (await only(app))?.status === 'active');
      await until('upgraded', async () => (await only(app))?.transport === 'websocket');
      const { connections } = await get(app, 'websocket-sessions?api_key=debug_websocket_key');
      const transports = connections[0].transports.map(({ transport }: Shown) => transport);
      expect(transports).toEqual(['polling', 'websocket']);
      expect(connections[0]).toMatchObject({ status: 'registered', failed_upgrades: 0 });

      await publish(app, THREAD, 1, 10);
      await until('it has all', async () => (await only(app))?.offset === 10);
      expect(await only(app)).toMatchObject({
        session_id: v1 ? socket.id : v2?.monitor.status.session_id,
        thread_id: THREAD,
        user_id: 'alice',
        protocol: dialect,
        status: 'active',
        head: 10,
        lag: 0,
        resumes: 0,
        connected_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        last_activity: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      });

      proxy.stall();
      await publish(app, THREAD, 11, 30);
      await until('it lags', async () => (await only(app))?.lag === 20);
      proxy.unstall();
      await until('it has caught up', async () => (await only(app))?.lag === 0);

      socket.disconnect();
      await until('away', async () => (await only(app))?.status === 'disconnected');
      await publish(app, THREAD, 31, 35);
      expect(await only(app)).toMatchObject({ offset: 30, head: 35, lag: 5, sent: null });
      const thread = await get(app, `thread-sessions?thread_id=${THREAD}`);
      expect(thread).toMatchObject({ thread_id: THREAD, active_session_count: 0 });

      await until('over', async () => (await only(app)) === undefined);
      const { total_sessions, active_sessions } = await get(app, 'all-sessions');
      expect([total_sessions, active_sessions]).toEqual([0, 0]);
      if (!v2) return;
      // The tombstone answers why.
      v2.socket.connect();
      await until('back', () => v2.receipts.length === 2);
      expect(v2.receipts[1]).toMatchObject({ outcome: 'new', reason: 'expired', from: 31 });
      expect(v2.receipts[1]?.detail).toMatch(/^Expired at .* after \d+ s without a connection\.$/);
      // The server keeps a client that leaves during an upgrade for longer than this test lasts.
      // The client finishes the upgrade a moment before the server.
      await until('upgraded', async () => (await only(app))?.transport === 'websocket');
    });
  }

  test('show no secret', async (lab) => {
    const app = await lab.app();
    const { receipts } = await lab.liveClient(app.url, {
      thread_id: THREAD,
      token: 'my-token',
    });
    const text = JSON.stringify(await shown(app));
    expect(text).toContain(receipts[0]?.session_id);
    expect(text).not.toContain(receipts[0]?.session_secret);
    expect(text).not.toContain('my-token');
  });

  test('page through many sessions', async (lab) => {
    const store = createMemoryStore();
    const app = await lab.app({ store });
    await putAway(store, 250);
    const seen: string[] = [];
    let after = '';
    for (let pages = 0; pages < 10; pages += 1) {
      const query = `limit=100&after=${encodeURIComponent(after)}`;
      const { sessions, next, total_sessions } = await get(app, `all-sessions?${query}`);
      expect(total_sessions).toBe(250);
      seen.push(...sessions.map(({ session_id }: Shown) => session_id));
      if (next === null) break;
      after = next;
    }
    expect(new Set(seen).size).toBe(250);
    const thread = await get(app, `thread-sessions?thread_id=${THREAD}&limit=7`);
    expect([thread.active_sessions.length, typeof thread.next]).toEqual([7, 'string']);
  });

  test('say what is wrong with a request', async (lab) => {
    const app = await lab.app();
    const bad: readonly [path: string, field: string][] = [
      ['thread-sessions', 'thread_id'],
      ['thread-sessions?thread_id=', 'thread_id'],
      ['thread-sessions?thread_id=a%0d%0ab', 'thread_id'],
      ['thread-sessions?thread_id=~run.x', 'thread_id'],
      ['thread-sessions?thread_id=a&thread_id=b', 'thread_id'],
      ['all-sessions?limit=0', 'limit'],
      ['all-sessions?limit=many', 'limit'],
      ['all-sessions?after=a&after=b', 'after'],
    ];
    for (const [path, field] of bad) {
      const response = await fetch(`${app.url}/debug/${path}`);
      const { error } = await response.json();
      expect([path, response.status, error.field]).toEqual([path, 400, field]);
    }
    const posted = await fetch(`${app.url}/debug/all-sessions`, { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  test('need the key in development, too, if one is configured', async (lab) => {
    const app = await lab.app();
    for (const query of ['', '?api_key=', '?api_key=wrong', '?api_key=a&api_key=b']) {
      const response = await fetch(`${app.url}/debug/websocket-sessions${query}`);
      const { error } = await response.json();
      expect([query, response.status, error.code]).toEqual([query, 401, 'key_required']);
    }
    const forwarded = await fetch(`${app.url}/debug/all-sessions`, {
      headers: { 'x-forwarded-for': '203.0.113.7' },
    });
    expect(forwarded.status).toBe(403);
  });

  test('are hidden in production from requests without the key', async (lab) => {
    const hidden = await lab.app(production());
    const keyed = await lab.app({ ...production(), debugApiKey: KEY });
    const nothing = await (await fetch(`${keyed.url}/no-such-path`)).json();
    for (const url of URLS) {
      for (const headers of [{}, { authorization: 'Bearer wrong' }] as Record<string, string>[]) {
        for (const app of [hidden, keyed]) {
          const response = await fetch(`${app.url}/debug/${url}`, { headers });
          expect([url, response.status]).toEqual([url, 404]);
          expect(await response.json()).toEqual(nothing);
        }
      }
      await get(keyed, url, { authorization: `Bearer ${KEY}` });
    }
    const inUrl = await fetch(`${keyed.url}/debug/all-sessions?api_key=${KEY}`);
    expect(inUrl.status).toBe(404);
    for (const debugApiKey of ['debug_websocket_key', 'short']) {
      const unsafe = lab.app({ ...production(), debugApiKey });
      await expect(unsafe).rejects.toThrow(/debugApiKey is refused/);
    }
  });

  test('let the right key in, however many wrong ones came before', async (lab) => {
    const app = await lab.app({ ...production(), debugApiKey: KEY });
    const ask = (key: string) =>
      fetch(`${app.url}/debug/all-sessions`, { headers: { authorization: `Bearer ${key}` } });
    for (const n of times(12, (index) => index)) expect((await ask(`guess-${n}`)).status).toBe(404);
    expect((await ask(KEY)).status).toBe(200);
  });

  test('do not appear in the log, nor does the key', async (lab) => {
    const server = await lab.server();
    await fetch(`${server.url}/debug/websocket-sessions?api_key=${KEY}`);
    expect(server.said).not.toContain(KEY);
  });
});

describe('transports', () => {
  for (const transport of TRANSPORT_CASES) {
    test(`are reported by the client and recorded by the server (${transport})`, async (lab) => {
      const app = await lab.app();
      const { monitor } = lab.client(app.url, { thread_id: THREAD, transport, idle: true });
      const reports: unknown[] = [];
      monitor.on('transport', ({ change, transport: now }) => reports.push([change, now]));
      monitor.start();
      await until('live', () => monitor.status.state === 'live');
      const last = transport === 'polling' ? 'polling' : 'websocket';
      await until('settled', () => monitor.status.transport === last);
      const first = transport === 'upgrade' ? 'polling' : last;
      const upgrades = transport === 'upgrade' ? [['upgrade', 'websocket']] : [];
      expect(reports).toEqual([['connect', first], ...upgrades]);
      expect(monitor.status.upgrades).toBe(transport === 'upgrade' ? 1 : 0);
    });
  }

  test('that cannot be upgraded are reported by both ends', async (lab) => {
    const { app, proxy } = await lab.proxiedApp();
    proxy.refuseUpgrades = true;
    const { monitor, seen } = lab.client(proxy.url, { thread_id: THREAD, idle: true });
    const reports: unknown[] = [];
    monitor.on('transport', (report) => reports.push(report));
    monitor.start();
    await until('the upgrade has failed', () => monitor.status.failed_upgrades === 1);
    expect(reports.at(-1)).toMatchObject({
      change: 'upgrade_failed',
      transport: 'polling',
      reason: expect.any(String),
    });
    await until('the server knows', async () => {
      const query = 'websocket-sessions?api_key=debug_websocket_key';
      return (await get(app, query)).connections[0]?.failed_upgrades === 1;
    });
    await publish(app, THREAD, 1, 5);
    await until('applied on polling', () => seen.length === 5);
    expect(monitor.status).toMatchObject({ transport: 'polling', state: 'live' });
  });
});

/** Creates disconnected sessions. */
async function putAway(store: Store, count: number): Promise<void> {
  const { epoch } = await store.logs.open(THREAD);
  for (const n of times(count, (index) => index)) {
    const record = newSession(`session-${String(n).padStart(10, '0')}`, {
      thread_id: THREAD,
      start: `${epoch}.0.0`,
      position: `${epoch}.0.0`,
      state: 'disconnected',
      since: Date.now(),
      due_at: Date.now() + 60_000,
    });
    await store.sessions.put(record, undefined);
  }
}
