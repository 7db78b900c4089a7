/** What explains a link that is not what it should be: staged at real proxies, each with its cause first, in words. */

import { expect } from 'vitest';
import { PATIENT, publish } from '../support/app.js';
import { EVENT } from '../support/client.js';
import { expectFirst, pathOf } from '../support/findings.js';
import { cutSteadily } from '../support/idle-timeout.js';
import { type Lab, test } from '../support/lab.js';
import { startNginx } from '../support/nginx.js';
import { until } from '../support/until.js';

const THREAD = 'linked';
const TIME = String.raw`\d\d:\d\d:\d\d UTC`;

/** Most of them wait for seconds: they wait together. */
test('the cause of a bad link is found first', async (lab) => {
  const stages = [halfOpen, givenUp, stripped, cutUpgrade, slow, tooSlow, withholding, steadilyCut];
  await Promise.all(stages.map((stage) => stage(lab)));
}, 60_000);

async function halfOpen(lab: Lab): Promise<void> {
  const { app, proxy } = await lab.proxiedApp({ socketIo: PATIENT });
  const client = await lab.liveClient(proxy.url, { thread_id: THREAD, transport: 'websocket' });
  proxy.blackHole('up', 'down');
  // Its client does not come back on another connection.
  proxy.refusing = true;
  await publish(app, THREAD, 1, 3);
  await expectFirst(app.url, pathOf(client), 'half_open_link', {
    title: RegExp(`^The link is half open since ${TIME}: the server sends, and nothing comes back`),
    evidence: [
      /^It has been silent for \S+ s\.$/,
      /^3 events are unacknowledged; the oldest was sent \S+ s ago\.$/,
      /^Its end of the connection does not answer, either\.$/,
    ],
  });
}

/** The same after the ping timeout. */
async function givenUp(lab: Lab): Promise<void> {
  const { app, proxy } = await lab.proxiedApp({
    socketIo: { pingInterval: 1_500, pingTimeout: 3_000 },
  });
  const client = await lab.liveClient(proxy.url, { thread_id: THREAD, transport: 'websocket' });
  proxy.swallow('up', 'down');
  await expectFirst(app.url, pathOf(client), 'half_open_link', {
    title: /^The client did not answer any more, and its connection had no end/,
    evidence: [
      RegExp(`^The server ended the connection at ${TIME} \\('ping timeout'\\)\\.$`),
      /^Its client has not come back since\.$/,
    ],
    ongoing: false,
  });
}

async function stripped(lab: Lab): Promise<void> {
  const app = await lab.app();
  const url = await startNginx(lab, { ports: [Number(new URL(app.url).port)], upgrades: false });
  const clients = await Promise.all([1, 2].map(() => lab.liveClient(url, { thread_id: THREAD })));
  await lab.liveClient(app.url, { thread_id: THREAD, transport: 'websocket' });
  for (const client of clients) {
    await expectFirst(app.url, pathOf(client), 'stuck_on_polling', {
      title: /stuck on long polling: .* comes without the header Upgrade, which a proxy removes\.$/,
      evidence: [
        /^1 upgrade failed \(no_upgrade_header\); it has polled for \S+ m?s\.$/,
        /^2 of the 3 connections of its server are stuck in the same way\.$/,
      ],
    });
  }
}

async function cutUpgrade(lab: Lab): Promise<void> {
  const { app, proxy } = await lab.proxiedApp();
  proxy.refuseUpgrades = true;
  const client = await lab.liveClient(proxy.url, { thread_id: THREAD });
  await expectFirst(app.url, pathOf(client), 'stuck_on_polling', {
    title: /stuck on long polling: its WebSocket was cut before it was in use\.$/,
    evidence: [/^1 upgrade failed \(abandoned\)/, /^No other connection of its server is stuck\.$/],
  });
}

async function slow(lab: Lab): Promise<void> {
  const { app, proxy } = await lab.proxiedApp({ socketIo: PATIENT });
  const client = await lab.liveClient(proxy.url, { thread_id: THREAD, transport: 'websocket' });
  proxy.change({ sliceBytes: 4_000, sliceEveryMs: 100 });
  const text = 'x'.repeat(2_000);
  for (let n = 0; n < 200; n += 1) await app.sessions.publish(THREAD, EVENT, { n, text });
  await expectFirst(app.url, pathOf(client), 'slow_reader', {
    title: /^The client reads more slowly than the thread grows\.$/,
    evidence: [
      /^It is \d+ events? behind, and (acknowledges \S+ a second|has acknowledged none of late)\.$/,
      /^\d+ events? (is|are) unacknowledged; the oldest was sent \S+ m?s ago\.$/,
    ],
  });
}

/** The client gives each connection up before what it was sent has arrived. */
async function tooSlow(lab: Lab): Promise<void> {
  const { app, proxy } = await lab.proxiedApp({ socketIo: PATIENT });
  const client = await lab.liveClient(proxy.url, {
    thread_id: THREAD,
    transport: 'websocket',
    pingInterval: 500,
  });
  proxy.change({ sliceBytes: 100, sliceEveryMs: 100 });
  await app.sessions.publish(THREAD, EVENT, { n: 1, text: 'x'.repeat(30_000) });
  await until('it has come back twice', () => client.receipts.length > 2);
  await expectFirst(app.url, pathOf(client), 'slow_reader', {
    title: /^The client reads more slowly than the thread grows\.$/,
    evidence: [
      /^It is 1 event behind/,
      RegExp(`^It has come back \\d times since ${TIME} for event 1: each connection ended before`),
    ],
  });
  proxy.change({ sliceBytes: 0, sliceEveryMs: 0 });
  await until('it has the event', () => client.seen.length === 1);
}

async function withholding(lab: Lab): Promise<void> {
  const app = await lab.app({ socketIo: PATIENT });
  const client = await lab.liveClient(app.url, {
    thread_id: THREAD,
    transport: 'websocket',
    pingInterval: 500,
  });
  const { socket } = client;
  const emit = socket.emit.bind(socket);
  socket.emit = (event: string, message: object, ...rest: unknown[]) => {
    if (event === 'thread_ack') return socket;
    return emit(event, event === 'ping' ? { ...message, offset: 0 } : message, ...rest);
  };
  await publish(app, THREAD, 1, 3);
  await expectFirst(app.url, pathOf(client), 'acknowledgements_withheld', {
    title: /^The client answers pings, and acknowledges no event\.$/,
    evidence: [
      /^3 events are unacknowledged; the oldest was sent \d+ s ago\.$/,
      /^It has acknowledged nothing on this connection\.$/,
    ],
  });
}

async function steadilyCut(lab: Lab): Promise<void> {
  const { app, proxy } = await lab.proxiedApp({ socketIo: PATIENT });
  const client = await lab.liveClient(proxy.url, { thread_id: THREAD, transport: 'websocket' });
  await cutSteadily({ app, proxy, client });
  const expected = {
    title:
      /^The connection was cut after \d\.\d s, \d times in a row: something between .* timeout/,
    evidence: [
      /^The connections lasted (\d\.\d s, )+\d\.\d s\.$/,
      RegExp(`^The newest ended at ${TIME} with 'transport (close|error)'\\.$`),
    ],
  };
  await expectFirst(app.url, pathOf(client), 'steady_cuts', expected);
  // It is over when a connection has outlived the period.
  await expectFirst(app.url, pathOf(client), 'steady_cuts', { ...expected, ongoing: false });
  expect(client.monitor.status.state).toBe('live');
}
