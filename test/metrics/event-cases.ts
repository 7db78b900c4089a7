/** What events, pumps, runs and refusals count. */

import { openLmdbStore } from '@session-monitor/server/lmdb';
import { expect } from 'vitest';
import { publish } from '../support/app.js';
import { EventReader } from '../support/event-reader.js';
import { heldResponder } from '../support/held-responder.js';
import { jsonPost, postMessage } from '../support/json.js';
import { pick, scrape } from '../support/scrape.js';
import { times, until } from '../support/until.js';
import { byHand, type Case, register, THREAD, WEBSOCKET } from './stage.js';

/** How often they are counted depends on time. */
export const ALWAYS_MORE = [
  'round_trip_seconds_count',
  'store_commit_seconds_count',
  'store_commit_bytes_count',
  'loop_delay_seconds_count',
];

export const EVENT_CASES: readonly Case[] = [
  {
    what: 'events to a socket, to a stream, and to a program',
    async does({ lab, app, url }) {
      // A ping acknowledges.
      const client = await lab.liveClient(url, { ...WEBSOCKET, pingInterval: 20 });
      const reader = new EventReader(`${url}/threads/${THREAD}/events`);
      lab.defer(() => reader.cut());
      await publish(app, THREAD, 1, 1);
      reader.connect();
      await until('it follows', () => reader.received.length === 1);
      await publish(app, THREAD, 2, 10);
      await until('both have all', () => client.seen.length + reader.received.length === 20);
      const read: unknown[] = [];
      for await (const entry of app.sessions.read(THREAD)) read.push(entry);
      expect(read.length).toBe(10);
    },
    moves: {
      events_published_total: 10,
      // Nine times ["message",{"n":1}] and one with a digit more.
      event_bytes_published_total: 191,
      // In a frame a comma follows what one append wrote.
      'events_sent_total{link="socket"}': 10,
      'events_sent_total{link="stream"}': 10,
      'event_bytes_sent_total{link="socket"}': 201,
      'event_bytes_sent_total{link="stream"}': 201,
      'events_delivered_total{link="socket"}': 10,
      'events_delivered_total{link="stream"}': 10,
      'event_bytes_delivered_total{link="socket"}': 201,
      'event_bytes_delivered_total{link="stream"}': 201,
    },
  },
  {
    what: 'a reader that acknowledges nothing',
    config: () => ({ settings: { window: { events: 5, bytes: 100_000 } } }),
    async does(stage) {
      const socket = await byHand(stage);
      await socket.emitWithAck('register_session', register());
      await publish(stage.app, THREAD, 1, 20);
    },
    moves: {
      'pump_pauses_total{reason="credit"}': 1,
      'events_sent_total{link="socket"}': 5,
      'events_delivered_total{link="socket"}': 0,
    },
  },
  {
    what: 'frames that are spaced out',
    config: () => ({ settings: { frameWindowMs: 50 } }),
    async does({ lab, app, url }) {
      const client = await lab.liveClient(url, WEBSOCKET);
      await publish(app, THREAD, 1, 1);
      await publish(app, THREAD, 2, 2);
      await until('it has both', () => client.seen.length === 2);
    },
    moves: { 'pump_pauses_total{reason="pacing"}': 1 },
  },
  {
    what: 'replies that end, and one that is cancelled',
    async does({ app, url }) {
      await (await postMessage(url, THREAD, 'one')).text();
      let isSaid = false;
      const run = await app.sessions.run(THREAD, { message: 'two' }, async function* ({ signal }) {
        yield 'a word';
        isSaid = true;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      });
      await until('the word is written', () => isSaid);
      await app.sessions.cancel(THREAD, run.run_id);
    },
    moves: {
      runs_started_total: 2,
      'runs_finished_total{status="completed"}': 1,
      'runs_finished_total{status="cancelled"}': 1,
      first_part_seconds_count: 2,
    },
  },
  {
    what: 'malformed and unknown input',
    async does(stage) {
      const socket = await byHand(stage);
      for (const n of times(5, (index) => index)) socket.emit(`malformed-${n}`, { n });
      await socket.emitWithAck('register_session', { ...register(), attempt: 'many' });
      await fetch(`${stage.url}/nothing`);
      await fetch(`${stage.url}/havefun`, jsonPost({ thread_id: THREAD }));
    },
    moves: {
      'refusals_total{over="socket",code="unknown_event"}': 5,
      'refusals_total{over="socket",code="bad_request"}': 1,
      'registrations_refused_total{code="bad_request"}': 1,
      'refusals_total{over="http",code="not_found"}': 1,
      'refusals_total{over="http",code="bad_request"}': 1,
    },
  },
  {
    what: 'one reply too many',
    config: () => ({ responder: heldResponder().responder, settings: { limits: { runs: 1 } } }),
    async does({ app }) {
      await app.sessions.sendMessage(THREAD, 'one');
      await expect(app.sessions.sendMessage('another', 'two')).rejects.toThrow('limit_reached');
      await app.sessions.cancel(THREAD);
    },
    moves: { 'limits_hit_total{limit="runs"}': 1, runs_started_total: 1 },
  },
  {
    what: 'the way of an event from its publication to its acknowledgement',
    config: async (lab) => ({ store: await openLmdbStore({ path: await lab.folder() }) }),
    async does({ lab, app, url }) {
      const client = await lab.liveClient(url, { ...WEBSOCKET, pingInterval: 20 });
      await publish(app, THREAD, 1, 1);
      await until('it has measured', () => client.monitor.status.rtt_ms !== null);
      const counts = async () => pick(await scrape(url), ALWAYS_MORE);
      await until(
        'pings and commits count',
        async () => !Object.values(await counts()).includes(0),
      );
    },
    moves: {
      events_published_total: 1,
      publish_durable_seconds_count: 1,
      publish_sent_seconds_count: 1,
      publish_acknowledged_seconds_count: 1,
    },
  },
];
