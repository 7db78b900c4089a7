/** `/metrics` of real servers with real clients: what each counter counts, and each gauge shows. */

import { createMemoryStore } from '@session-monitor/server';
import { openLmdbStore } from '@session-monitor/server/lmdb';
import { describe, expect } from 'vitest';
import { EventReader } from '../support/event-reader.js';
import { heldResponder } from '../support/held-responder.js';
import { test } from '../support/lab.js';
import { openPolling } from '../support/polling.js';
import { growth, pick, scrape } from '../support/scrape.js';
import { times, until } from '../support/until.js';
import { CONNECTION_CASES } from './connection-cases.js';
import { ALWAYS_MORE, EVENT_CASES } from './event-cases.js';
import { SESSION_CASES } from './session-cases.js';
import { byHand, register, THREAD } from './stage.js';

const CASES = [...CONNECTION_CASES, ...SESSION_CASES, ...EVENT_CASES];

const GAUGES = [
  'connections{transport="websocket"}',
  'sessions{state="active"}',
  'session_records{state="connected"}',
  'threads_open',
  'runs{state="waiting"}',
  'runs{state="running"}',
  'nodes{state="alive"}',
  'nodes{state="unreachable"}',
  'store_full',
  'store_available',
  'draining',
  'info{version="0.1.0",store="memory"}',
];

describe('a counter', () => {
  const named = CASES.map((each) => [each.what, each] as const);
  test.for(named)('%s', async ([, { config, does, moves }], lab) => {
    const { app, proxy } = await lab.proxiedApp({ ...(await config?.(lab)) });
    const before = await scrape(app.url);
    await does({ lab, app, proxy, url: app.url });
    const names = Object.keys(moves);
    const grown = async () => growth(before, await scrape(app.url), names);
    const isThere = async () => JSON.stringify(await grown()) === JSON.stringify(moves);
    await until('all of it is counted', isThere, { timeoutMs: 5_000, state: grown }).catch(
      async () => expect(await grown()).toEqual(moves),
    );
  });
});

describe('a gauge', () => {
  test('shows what is there now', async (lab) => {
    const { responder, release } = heldResponder();
    const app = await lab.app({ responder, settings: { idleAfterMs: 50, sweepIntervalMs: 20 } });
    lab.defer(release);
    const socket = await byHand({ lab, url: app.url });
    await socket.emitWithAck('register_session', register());
    await openPolling(app.url).then(({ poll }) => void poll().catch(() => {}));
    await app.sessions.sendMessage(THREAD, 'one');
    await app.sessions.sendMessage(THREAD, 'two');
    const reader = new EventReader(`${app.url}/threads/${THREAD}/events`);
    lab.defer(() => reader.cut());
    reader.connect();
    const shown = () => scrape(app.url);
    await until('idle', async () => (await shown()).get('sessions{state="idle"}') === 1);
    await until('followed', async () => (await shown()).get('streams') === 1);
    expect(pick(await shown(), GAUGES)).toEqual({
      'connections{transport="websocket"}': 1,
      'sessions{state="active"}': 0,
      'session_records{state="connected"}': 1,
      threads_open: 1,
      'runs{state="waiting"}': 1,
      'runs{state="running"}': 1,
      'nodes{state="alive"}': 1,
      'nodes{state="unreachable"}': 0,
      store_full: 0,
      store_available: 1,
      draining: 0,
      'info{version="0.1.0",store="memory"}': 1,
    });
    // The loop is measured ten times a second.
    await until('it is measured', async () => (await shown()).get('loop_delay_seconds_count'));
    const series = await shown();
    for (const kind of ['heap_used', 'heap_limit', 'resident']) {
      expect(series.get(`memory_bytes{kind="${kind}"}`)).toBeGreaterThan(1_000_000);
    }
    expect(series.get('connections_used_ratio')).toBeGreaterThan(0);
    expect(series.get('loop_delay_seconds_count')).toBeGreaterThan(0);
    release();
    await app.sessions.drain(0);
    expect((await shown()).get('draining')).toBe(1);
  });

  test('shows the room of the embedded store', async (lab) => {
    const path = await lab.folder();
    // More than any disk has.
    const store = await openLmdbStore({ path, reserveBytes: 1e15 });
    const app = await lab.app({ store });
    await expect(app.sessions.publish(THREAD, 'note', 1)).rejects.toThrow('storage_full');
    const series = await scrape(app.url);
    expect(pick(series, ['store_full', 'store_space_bytes{kind="reserve"}'])).toEqual({
      store_full: 1,
      'store_space_bytes{kind="reserve"}': 1e15,
    });
    expect(series.get('store_space_bytes{kind="left"}')).toBeGreaterThan(0);
    expect(series.get('limits_hit_total{limit="storage"}')).toBe(1);
    expect(series.get('store_commit_seconds_count')).toBe(0);
  });

  test('tells a node that does not answer from one that does', async (lab) => {
    const { nodes } = await lab.nodes(2);
    const [one, other] = nodes;
    const state = async () =>
      pick(await scrape(one.url), ['nodes{state="alive"}', 'nodes{state="unreachable"}']);
    const both = { 'nodes{state="alive"}': 2, 'nodes{state="unreachable"}': 0 };
    await until(
      'both are there',
      async () => JSON.stringify(await state()) === JSON.stringify(both),
      {
        state,
      },
    );
    other.freeze(true);
    expect(await state()).toEqual({ 'nodes{state="alive"}': 2, 'nodes{state="unreachable"}': 1 });
    other.freeze(false);
    await one.publish(THREAD, 'note', 1);
    expect(pick(await scrape(one.url), ['events_published_total'])).toEqual({
      events_published_total: 1,
    });
    expect((await scrape(one.url)).get('store_commit_seconds_count')).toBeGreaterThan(0);
  });
});

test('each metric is in one of these tests', async (lab) => {
  const nameOf = (series: string) => series.replace(/\{.*|_(bucket|sum|count)(\{.*)?$/g, '');
  const inCases = CASES.flatMap(({ moves }) => Object.keys(moves));
  const more = ['memory_bytes', 'connections_used_ratio', 'streams', 'store_space_bytes'];
  const tested = new Set([...inCases, ...GAUGES, ...ALWAYS_MORE, ...more].map(nameOf));
  const { url } = await lab.app({ store: await openLmdbStore({ path: await lab.folder() }) });
  const missing = [...(await scrape(url)).keys()].map(nameOf).filter((name) => !tested.has(name));
  expect([...new Set(missing)]).toEqual([]);
});

test('100,000 threads and strange input make no series more', async (lab) => {
  const app = await lab.app({ store: createMemoryStore() });
  const names = async () => [...(await scrape(app.url)).keys()];
  const before = await names();
  for (let done = 0; done < 100_000; done += 1_000) {
    await Promise.all(
      times(1_000, (index) => app.sessions.publish(`thread-${done + index}`, 'note', 1)),
    );
  }
  const socket = await byHand({ lab, url: app.url });
  for (const n of times(50, (index) => index)) {
    socket.emit(`event-${n}`, n);
    await socket.emitWithAck(
      'register_session',
      register({ thread_id: `thread-${n}`, attempt: n + 1 }),
    );
  }
  for (const n of times(20, (index) => index)) await fetch(`${app.url}/path-${n}`);
  expect((await scrape(app.url)).get('events_published_total')).toBe(100_000);
  expect(await names()).toEqual(before);
  expect(before.length).toBeLessThan(600);
}, 60_000);
