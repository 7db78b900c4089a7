/** What else a dashboard reads under `/debug`: one session, a thread, its runs, the server; and what is refused. */

import { createMemoryStore, type Store } from '@session-monitor/server';
import { describe, expect } from 'vitest';
import { publish } from '../support/app.js';
import {
  putAway,
  readDebug,
  type ShownSession,
  threeSessions,
  WATCHED,
} from '../support/debug-views.js';
import { createFragileStore } from '../support/fragile-store.js';
import { jsonPost, refusalOf } from '../support/json.js';
import { test } from '../support/lab.js';
import { newRun, newSession } from '../support/records.js';
import { range, times, until } from '../support/until.js';

const KEY = 'a-long-key-of-this-test-alone';

describe('/debug/sessions/:session_id', () => {
  test('shows a session of either dialect with its connection, and without one', async (lab) => {
    const { app, bob, old, ids } = await threeSessions(lab);
    const read = (id: string) =>
      readDebug<{ session: ShownSession; connection: object | null; unreachable: string[] }>(
        app.url,
        `sessions/${id}`,
      );
    const { session, connection } = await read(ids.alice);
    expect(session).toMatchObject({ session_id: ids.alice, thread_id: WATCHED, status: 'active' });
    expect(connection).toMatchObject({
      status: 'registered',
      transport: 'websocket',
      transports: [{ transport: 'polling' }, { transport: 'websocket' }],
      remote_address: '127.0.0.1',
    });
    expect(connection).not.toHaveProperty('sessions');
    expect((await read(ids.old)).session).toMatchObject({ session_id: ids.old, protocol: 1 });

    bob.socket.disconnect();
    old.socket.disconnect();
    for (const id of [ids.bob, ids.old]) {
      await until('it is away', async () => (await read(id)).session.status === 'disconnected');
      const away = await read(id);
      expect(away.session).toMatchObject({ session_id: id, remote_address: null });
      expect([away.connection, away.unreachable]).toEqual([null, []]);
    }
  });

  test('is not there for an unknown, an expired or an impossible name', async (lab) => {
    const store = createMemoryStore();
    const app = await lab.app({ store });
    const expired = newSession('an-expired-session', {
      state: 'expired',
      due_at: Date.now() + 9e5,
    });
    await store.sessions.put(expired, undefined);
    for (const name of ['none', 'an-expired-session', 'a%20b', 'x'.repeat(2_000)]) {
      const response = await fetch(`${app.url}/debug/sessions/${name}`);
      expect(await refusalOf(response)).toEqual([404, 'session_unknown']);
    }
  });
});

describe('/debug/threads/:thread_id', () => {
  test('shows its log, its sessions and its runs, and no word of what was written', async (lab) => {
    const store = createMemoryStore();
    const app = await lab.app({ store });
    const read = () => readDebug<Record<string, unknown>>(app.url, `threads/${WATCHED}`);
    expect(await read()).toEqual({
      thread_id: WATCHED,
      exists: false,
      epoch: null,
      head: 0,
      first_kept: null,
      sessions: [],
      more_sessions: false,
      runs: [],
      more_runs: false,
      unreachable: [],
    });
    expect(await app.sessions.thread(WATCHED)).toBe(undefined);
    const client = await lab.liveClient(app.url, { thread_id: WATCHED, pingInterval: 100 });
    const posted = { thread_id: WATCHED, user_input: 'A secret question', use_websocket: true };
    await (await fetch(`${app.url}/havefun`, jsonPost(posted))).text();
    await publish(app, WATCHED, 1, 3);
    await until('the client has all', async () => {
      const { sessions } = (await read()) as { sessions: ShownSession[] };
      return sessions[0]?.lag === 0;
    });
    expect((await read()).first_kept).toBe(1);
    const { base } = await store.logs.trim(WATCHED, { maxEvents: 2 }, 100);
    const shown = await read();
    expect(shown).toMatchObject({
      exists: true,
      epoch: client.receipts[0]?.epoch,
      first_kept: base + 1,
      sessions: [{ session_id: client.receipts[0]?.session_id, offset: shown.head }],
      runs: [{ status: 'completed', published: true, ended_at: expect.any(String) }],
      more_runs: false,
    });
    expect(JSON.stringify(shown)).not.toContain('secret');
    await app.sessions.deleteThread(WATCHED);
    expect(await read()).toMatchObject({ exists: true, head: 0, first_kept: null, runs: [] });
    expect((await read()).epoch).not.toBe(shown.epoch);
  });

  test('shows as many sessions and runs as are asked for, and that there are more', async (lab) => {
    const store = createMemoryStore();
    const app = await lab.app({ store });
    await putAway(
      store,
      times(4, (index) => `away-${String(index).padStart(12, '0')}`),
    );
    await startRuns(store, 4);
    const shown = await readDebug<{ sessions: object[]; runs: object[] }>(
      app.url,
      'threads/t?limit=3',
    );
    expect(shown).toMatchObject({ more_sessions: true, more_runs: true });
    expect([shown.sessions.length, shown.runs.length]).toEqual([3, 3]);
  });

  test('pages through its runs, newest first', async (lab) => {
    const store = createMemoryStore();
    const app = await lab.app({ store });
    await startRuns(store, 450);
    type Page = { runs: { run_id: string; status: string }[]; next: string | null };
    const seen: string[] = [];
    for (let after = ''; ; ) {
      const query = `limit=100&after=${after}`;
      const page = await readDebug<Page>(app.url, `threads/t/runs?${query}`);
      seen.push(...page.runs.map(({ run_id }) => run_id));
      if (page.next === null) break;
      after = page.next;
    }
    expect(seen).toEqual(range(1, 450).map(runId).reverse());
  });
});

test('/debug/nodes describes the server', async (lab) => {
  const before = Date.now();
  const { app } = await threeSessions(lab);
  const { nodes } = await readDebug<{ nodes: { started_at: string }[] }>(app.url, 'nodes');
  expect(nodes).toEqual([
    {
      node: 'this-node',
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      started_at: expect.any(String),
      draining: false,
      connections: 3,
      sessions: 3,
      threads: 2,
      runs: 0,
      loop_delay_ms: expect.any(Number),
      memory: {
        rss_bytes: expect.any(Number),
        heap_used_bytes: expect.any(Number),
        heap_limit_bytes: expect.any(Number),
      },
    },
  ]);
  expect(Date.parse(`${nodes[0]?.started_at}`)).toBeGreaterThanOrEqual(before);
});

test('outside development all of it needs the key', async (lab) => {
  const store = { ...createMemoryStore(), durable: true };
  const app = await lab.app({ mode: 'production', authorize: () => true, store, debugApiKey: KEY });
  for (const path of ['sessions', 'sessions/none', 'threads/t', 'threads/t/runs', 'nodes']) {
    const hidden = await fetch(`${app.url}/debug/${path}`);
    expect([path, ...(await refusalOf(hidden))]).toEqual([path, 404, 'not_found']);
    const headers = { authorization: `Bearer ${KEY}` };
    const shown = await fetch(`${app.url}/debug/${path}`, { headers });
    expect([path, shown.status]).toEqual([path, path === 'sessions/none' ? 404 : 200]);
    expect(await shown.text()).not.toContain('"not_found"');
  }
});

describe('a request that is refused', () => {
  test('names what is allowed when a filter is none', async (lab) => {
    const app = await lab.app();
    const cases: readonly [path: string, code: string, field: string, allowed: string][] = [
      ['sessions?thraed_id=a', 'bad_request', 'thraed_id', 'thread_id, user_id, state'],
      ['sessions?state=expired', 'bad_request', 'state', 'active, idle, disconnected'],
      ['sessions?transport=sse', 'bad_request', 'transport', 'polling, websocket, webtransport'],
      ['sessions?protocol=3', 'bad_request', 'protocol', '1, 2'],
      ['sessions?thread_id=a%20b', 'bad_thread_id', 'thread_id', '1 to 128 letters'],
      ['sessions?user_id=a&user_id=b', 'bad_request', 'user_id', '1 to 256 characters'],
      ['sessions?limit=0', 'bad_request', 'limit', '1 to 1000'],
      ['sessions?after=a&after=b', 'bad_request', 'after', "'next'"],
      ['sessions/none?limit=1', 'bad_request', 'limit', 'Allowed: none'],
      ['threads/a%20b', 'bad_thread_id', 'thread_id', '1 to 128 letters'],
      ['threads/a?after=b', 'bad_request', 'after', 'Allowed: limit'],
      ['threads/a%20b/runs', 'bad_thread_id', 'thread_id', '1 to 128 letters'],
      ['threads/a/runs?after=b', 'bad_request', 'after', "'next'"],
      ['threads/a/runs?state=running', 'bad_request', 'state', 'Allowed: after, limit'],
      ['nodes?node=a', 'bad_request', 'node', 'Allowed: none'],
    ];
    for (const [path, code, field, allowed] of cases) {
      const response = await fetch(`${app.url}/debug/${path}`);
      const { error } = await response.json();
      expect([path, response.status, error.code, error.field]).toEqual([path, 400, code, field]);
      expect(error.message).toContain(allowed);
    }
  });

  test('says that the store cannot answer', async (lab) => {
    const fragile = createFragileStore();
    const app = await lab.loggedApp({ store: fragile.store });
    fragile.condition = 'away';
    for (const path of ['sessions', 'sessions/none', 'threads/t', 'threads/t/runs']) {
      const refused = await fetch(`${app.url}/debug/${path}`);
      expect([path, ...(await refusalOf(refused))]).toEqual([path, 503, 'unavailable']);
    }
  });
});

const runId = (n: number): string => `run-${String((n * 7_919) % 1_000).padStart(4, '0')}-${n}`;

/** Starts runs of the thread `t`, one after the other. Their ids are in another order. */
async function startRuns(store: Store, count: number): Promise<void> {
  for (const n of range(1, count)) {
    await store.runs.start({ ...newRun(runId(n)), started_at: 1_700_000_000_000 + n });
  }
}
