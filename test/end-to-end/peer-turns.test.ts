/** What peers ask of the event loop takes turns. */

import { expect } from 'vitest';
import { EVENT } from '../support/client.js';
import { handshake } from '../support/handshake.js';
import { jsonPost } from '../support/json.js';
import { test } from '../support/lab.js';
import { publicApp } from '../support/public-app.js';
import { range, until } from '../support/until.js';

const LIMITS = { unregistered: 1_000, handshakesPerSecond: 1_000 };

test('handshakes, requests, their bodies and registrations take turns by address', async (lab) => {
  const { app, url } = await publicApp(lab, LIMITS);
  const taken: string[] = [];
  const { peerTurns } = app.sessions.internals;
  const run = peerTurns.run.bind(peerTurns);
  peerTurns.run = (network, work, leastMs) => {
    taken.push(network);
    run(network, work, leastMs);
  };
  const turnsOf = async (work: () => Promise<unknown>) => {
    taken.length = 0;
    await work();
    return taken;
  };
  const open = () => handshake(url, { from: '127.0.0.2' });
  expect(await turnsOf(open)).toEqual(['127.0.0.2']);
  const read = () => fetch(`${url}/session_monitor.js`);
  expect(await turnsOf(read)).toEqual(['127.0.0.1']);
  const publish = () => fetch(`${url}/threads/t/events`, jsonPost({ event: EVENT, data: {} }));
  expect(await turnsOf(publish)).toEqual(['127.0.0.1', '127.0.0.1']);
  const follow = () => lab.liveClient(url, { thread_id: 't', transport: 'websocket' });
  // The handshake and the registration, nothing after that.
  expect(await turnsOf(follow)).toEqual(['127.0.0.1', '127.0.0.1']);
  expect(await turnsOf(() => app.sessions.publish('t', EVENT, { n: 1 }))).toEqual([]);
});

test('an ephemeral event reaches many readers; too many at once are dropped, and the others are in order', async (lab) => {
  const { app, url } = await publicApp(lab, LIMITS);
  const thread_id = 'crowded';
  const followers = await Promise.all(
    range(1, 120).map(() => lab.liveClient(url, { thread_id, transport: 'websocket' })),
  );
  const heard = followers.map(({ monitor }) => {
    const all: number[] = [];
    monitor.on('ephemeral', ({ data }) => all.push(Number(data)));
    return all;
  });
  app.sessions.publishEphemeral(thread_id, 'cursor', 0);
  await until('all have heard it', () => heard.every(({ length }) => length === 1));
  for (const n of range(1, 100)) app.sessions.publishEphemeral(thread_id, 'cursor', n);
  await until('some have come', () => heard.every(({ length }) => length > 1));
  // What is published does not wait for them.
  await app.sessions.publish(thread_id, EVENT, { n: 1 });
  await until('seen', () => followers.every(({ seen }) => seen.length === 1));
  for (const each of heard) {
    expect(each.length).toBeLessThan(50);
    expect(each).toEqual([...new Set(each)].sort((one, other) => one - other));
  }
});
