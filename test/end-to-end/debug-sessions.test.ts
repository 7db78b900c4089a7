/** `/debug/sessions`: finds sessions by filters, in pages, as they are now. */

import { createHash } from 'node:crypto';
import { createMemoryStore } from '@session-monitor/server';
import { describe, expect } from 'vitest';
import { PATIENT, publish } from '../support/app.js';
import {
  findAllSessions,
  findSessions,
  putAway,
  type ShownSession,
  threeSessions,
  WATCHED,
} from '../support/debug-views.js';
import { test } from '../support/lab.js';
import { times, until } from '../support/until.js';

const namesOf = (sessions: readonly ShownSession[], ids: Readonly<Record<string, string>>) =>
  Object.keys(ids).filter((name) => sessions.some(({ session_id }) => session_id === ids[name]));

describe('/debug/sessions', () => {
  test('finds sessions of both dialects by each filter', async (lab) => {
    const { app, bob, ids } = await threeSessions(lab);
    const cases: readonly [query: string, names: readonly string[]][] = [
      ['', ['alice', 'bob', 'old']],
      [`thread_id=${WATCHED}`, ['alice', 'old']],
      ['thread_id=none', []],
      ['user_id=bob', ['bob']],
      ['user_id=bo', []],
      ['state=active', ['alice', 'bob', 'old']],
      ['state=idle', []],
      ['state=disconnected', []],
      ['transport=websocket', ['alice', 'old']],
      ['transport=polling', ['bob']],
      ['node=this-node', ['alice', 'bob', 'old']],
      ['node=another', []],
      ['protocol=1', ['old']],
      ['protocol=2', ['alice', 'bob']],
      ['q=', ['alice', 'bob', 'old']],
      [`q=${ids.bob.slice(0, 8)}`, ['bob']],
      [`q=${ids.old}`, ['old']],
      ['q=alice:', ['alice', 'old']],
      ['q=bob', ['bob']],
      ['q=127.0.0', ['alice', 'bob', 'old']],
      ['q=watched', []],
      ['q=alice&protocol=2&transport=websocket', ['alice']],
    ];
    for (const [query, names] of cases) {
      const { sessions, next, unreachable } = await findSessions(app.url, query);
      expect([query, namesOf(sessions, ids), sessions.length]).toEqual([
        query,
        names,
        names.length,
      ]);
      expect([next, unreachable]).toEqual([null, []]);
    }

    bob.socket.disconnect();
    await until('bob is away', async () => {
      const { sessions } = await findSessions(app.url, 'state=disconnected');
      return namesOf(sessions, ids).includes('bob');
    });
    const { sessions } = await findSessions(app.url, 'state=active');
    expect(namesOf(sessions, ids)).toEqual(['alice', 'old']);
    // The address of a session is that of its connection.
    const byAddress = await findSessions(app.url, 'q=127.');
    expect(namesOf(byAddress.sessions, ids)).toEqual(['alice', 'old']);
  });

  test('pages through sessions with and without a connection, each once', async (lab) => {
    const store = createMemoryStore();
    const app = await lab.app({ store });
    const clients = await Promise.all(
      times(5, () => lab.liveClient(app.url, { thread_id: WATCHED, transport: 'websocket' })),
    );
    const connected = clients.map(({ receipts }) => `${receipts[0]?.session_id}`);
    // Between the ids of the others.
    const away = times(250, sessionId).sort();
    await putAway(store, away);
    for (const limit of [1_000, 40, 3]) {
      const found = await findAllSessions(app.url, limit);
      const shown = found.map(({ session_id }) => session_id);
      expect(shown).toEqual([...connected, ...away].sort());
    }
    const disconnected = await findAllSessions(app.url, 33, 'state=disconnected');
    expect(disconnected.map(({ session_id }) => session_id)).toEqual(away);
    const active = await findAllSessions(app.url, 2, 'state=active');
    expect(active.map(({ session_id }) => session_id)).toEqual([...connected].sort());
    const ofUser = await findAllSessions(app.url, 3, 'user_id=user-7');
    expect(ofUser.map(({ session_id }) => session_id)).toEqual(
      away.filter((_, index) => index % 10 === 7),
    );
  });

  test('finds a session by what it is now, not by what its record says', async (lab) => {
    const { app, proxy } = await lab.proxiedApp({
      settings: { idleAfterMs: 100, sweepIntervalMs: 20 },
      socketIo: PATIENT,
    });
    await lab.liveClient(proxy.url, { thread_id: WATCHED });
    // Its client cannot answer that it is there.
    proxy.stall();
    await until('it is idle', async () => {
      const { sessions } = await findSessions(app.url, 'state=idle');
      return sessions.length === 1;
    });
    expect((await findSessions(app.url, 'state=active')).sessions).toEqual([]);
    proxy.unstall();
  });

  test('shows how far behind a client is, in time', async (lab) => {
    const { app, proxy } = await lab.proxiedApp();
    await lab.liveClient(proxy.url, { thread_id: WATCHED, pingInterval: 50 });
    const shown = async () => {
      const { sessions } = await findSessions(app.url);
      return sessions[0] as ShownSession;
    };
    expect(await shown()).toMatchObject({
      remote_address: '127.0.0.1',
      acknowledged_age_ms: null,
      oldest_unacknowledged_ms: 0,
      delivered_per_s: 0,
    });
    await publish(app, WATCHED, 1, 50);
    await until('all are acknowledged', async () => (await shown()).offset === 50);
    const behind = await shown();
    expect(behind.oldest_unacknowledged_ms).toBe(0);
    expect(behind.acknowledged_age_ms).toBeLessThan(5_000);
    expect(behind.delivered_per_s).toBeGreaterThan(1);

    proxy.stall();
    await publish(app, WATCHED, 51, 60);
    await until('an event waits', async () => (await shown()).oldest_unacknowledged_ms > 300);
    const stalled = await shown();
    expect(stalled.lag).toBe(10);
    expect(stalled.acknowledged_age_ms).toBeGreaterThan(300);
    expect(stalled.delivered_per_s).toBeLessThan(behind.delivered_per_s);
    proxy.unstall();
    await until('none waits', async () => (await shown()).oldest_unacknowledged_ms === 0);
  });
});

/** An id as the server derives one. */
const sessionId = (n: number): string =>
  createHash('sha256').update(String(n)).digest('base64url').slice(0, 22);
