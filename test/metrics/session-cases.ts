/** What registrations count, and what is announced to their readers. */

import { expect } from 'vitest';
import { publish } from '../support/app.js';
import { createStorage, loseOneFrame } from '../support/client.js';
import { until } from '../support/until.js';
import { byHand, type Case, register, THREAD, WEBSOCKET } from './stage.js';

export const SESSION_CASES: readonly Case[] = [
  {
    what: 'a client that comes back, a tab that is duplicated, a session that is not known',
    async does(stage) {
      const { lab, app, url } = stage;
      const storage = createStorage();
      const client = await lab.liveClient(url, { ...WEBSOCKET, storage });
      await publish(app, THREAD, 1, 3);
      await until('it has them', () => client.seen.length === 3);
      client.socket.io.engine.close();
      await until('it is back', () => client.receipts.length === 2);
      await lab.liveClient(url, { ...WEBSOCKET, storage: storage.copy() });
      const socket = await byHand(stage);
      const claim = { session_id: 'x'.repeat(22), session_secret: 'y'.repeat(22), since: 'now' };
      await socket.emitWithAck('register_session', register(claim));
      await socket.emitWithAck('register_session', register(claim));
    },
    moves: {
      'registrations_total{outcome="new",reason="none"}': 1,
      'registrations_total{outcome="resumed",reason="none"}': 1,
      'registrations_total{outcome="forked",reason="none"}': 1,
      'registrations_total{outcome="new",reason="unknown_session"}': 1,
      'registrations_total{outcome="repeated",reason="none"}': 1,
      'replayed_events_total{reader="returning"}': 3,
    },
  },
  {
    what: 'a thread that is erased while one client follows it and another is away',
    async does({ lab, app, url }) {
      const follower = await lab.liveClient(url, WEBSOCKET);
      const away = await lab.liveClient(url, WEBSOCKET);
      await publish(app, THREAD, 1, 2);
      await until('both have all', () => follower.seen.length + away.seen.length === 4);
      away.socket.disconnect();
      await until('it is away', () => app.sessions.stats().sessions === 1);
      await app.sessions.deleteThread(THREAD);
      await until('it learns of it', () => follower.resets.length === 1);
      away.socket.connect();
      await until('it learns of it, too', () => away.resets.length === 1);
    },
    moves: {
      'resets_total{reason="deleted"}': 2,
      'registrations_total{outcome="reset",reason="deleted"}': 1,
      'steps_total{step="erase"}': 1,
    },
  },
  {
    what: 'events that are trimmed while a client is away, and before another one comes',
    config: () => ({ settings: { retention: {} } }),
    async does({ lab, app, url }) {
      const away = await lab.liveClient(url, WEBSOCKET);
      await publish(app, THREAD, 1, 2);
      await until('it has them', () => away.seen.length === 2);
      away.socket.disconnect();
      await publish(app, THREAD, 3, 9);
      await app.sessions.internals.store.logs.trim(THREAD, { maxEvents: 3 }, 100);
      away.socket.connect();
      await until('it learns of it', () => away.gaps.length === 1);
      const late = await lab.liveClient(url, WEBSOCKET);
      await until('the late one, too', () => late.gaps.length === 1);
      const page = { headers: { accept: 'application/json' } };
      await fetch(`${url}/threads/${THREAD}/events?since=1`, page);
    },
    moves: {
      'gaps_total{reason="trimmed",reader="returning"}': 2,
      'gaps_total{reason="trimmed",reader="new"}': 1,
      'replayed_events_total{reader="returning"}': 3,
      'replayed_events_total{reader="new"}': 3,
    },
  },
  {
    what: 'a frame that is lost on a connection that goes on',
    async does({ lab, app, url }) {
      const client = await lab.liveClient(url, WEBSOCKET);
      loseOneFrame(client.socket);
      await publish(app, THREAD, 1, 1);
      await publish(app, THREAD, 2, 2);
      await until('it has both', () => client.seen.length === 2);
    },
    moves: { resumes_total: 1, 'replayed_events_total{reader="returning"}': 2 },
  },
  {
    what: 'a registration that authorize refuses',
    config: () => ({ authorize: () => ({ denied: 'forbidden' }) }),
    async does({ lab, url }) {
      const { monitor } = lab.client(url, WEBSOCKET);
      await until('refused', () => monitor.status.state === 'failed');
      expect((await fetch(`${url}/threads/${THREAD}/events`)).status).toBe(403);
    },
    moves: {
      'registrations_refused_total{code="authorisation"}': 1,
      'refusals_total{over="socket",code="authorisation"}': 1,
      'refusals_total{over="http",code="authorisation"}': 1,
      'steps_total{step="access_refused"}': 1,
    },
  },
  {
    what: 'a client that reports, and is asked to',
    async does({ lab, app, url }) {
      const client = await lab.liveClient(url, { ...WEBSOCKET, diagnostics: 'on-request' });
      const { session_id } = client.monitor.status;
      await client.monitor.report('It has stopped.');
      const path = `${app.url}/debug/sessions/${session_id}/report-request`;
      expect((await fetch(path, { method: 'POST' })).status).toBe(202);
      const trace = `${app.url}/debug/sessions/${session_id}/trace`;
      await until('it has answered', async () =>
        (await (await fetch(trace)).text()).includes('"requested":true}'),
      );
    },
    moves: { 'steps_total{step="reported"}': 2, 'steps_total{step="report_requested"}': 1 },
  },
];
