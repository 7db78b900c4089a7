/**
 * Six incidents of an operator's day. Each is staged as it happens in production: a real nginx, real processes, a real browser.
 * The operator opens the session's page in the dashboard after it, and the first finding names the cause within two seconds.
 */

import type { Authorize } from '@session-monitor/server';
import jsonwebtoken from 'jsonwebtoken';
import { expect } from 'vitest';
import { Chromium, type Tab } from '../lifecycle/chromium.js';
import { startSite } from '../lifecycle/site.js';
import { PATIENT } from '../support/app.js';
import { EVENT } from '../support/client.js';
import { readDebug, type ShownPage } from '../support/debug-views.js';
import { cutSteadily } from '../support/idle-timeout.js';
import { type Lab, test } from '../support/lab.js';
import { startNginx } from '../support/nginx.js';
import { OperatorDesk } from '../support/operator-desk.js';
import { pause, range, until } from '../support/until.js';

const THREAD = 'alice:chat';
const TIME = String.raw`\d\d:\d\d:\d\d UTC`;

const idOf = ({ monitor }: Awaited<ReturnType<Lab['liveClient']>>) => monitor.status.session_id;

/** Three of them wait for seconds: they wait together. The operator looks at one after the other. */
test('each has its cause on top of the session, at one look', async (lab) => {
  const desk = await OperatorDesk.open(lab);
  const day = [polling, idleTimeout, frozenPage, slowNetwork, killed, expiredToken];
  await Promise.all(day.map((incident) => incident(lab, desk)));
}, 120_000);

/** The proxy was changed, and no longer passes the headers of an upgrade on. */
async function polling(lab: Lab, desk: OperatorDesk): Promise<void> {
  const app = await lab.app();
  const url = await startNginx(lab, { ports: [Number(new URL(app.url).port)], upgrades: false });
  const clients = range(1, 8).map(() => lab.liveClient(url, { thread_id: THREAD }));
  const [client] = await Promise.all(clients);
  await desk.finds(app.url, client && idOf(client), {
    title: /stuck on long polling: its request for a WebSocket comes without the header Upgrade/,
    evidence: [
      /1 upgrade failed \(no_upgrade_header\)/,
      /^8 of the 8 connections of its server are stuck in the same way\.$/,
    ],
  });
}

/** A firewall has an idle timeout. */
async function idleTimeout(lab: Lab, desk: OperatorDesk): Promise<void> {
  const { app, proxy } = await lab.proxiedApp({ socketIo: PATIENT });
  const client = await lab.liveClient(proxy.url, { thread_id: THREAD, transport: 'websocket' });
  await cutSteadily({ app, proxy, client });
  await desk.finds(app.url, idOf(client), {
    title: /The connection was cut after \d\.\d s, \d times in a row/,
    evidence: [/^The connections lasted (\d\.\d s, )+\d\.\d s\.$/],
  });
}

/** The processes of the page are stopped, as the system does under pressure. */
async function frozenPage(lab: Lab, desk: OperatorDesk): Promise<void> {
  const site = await startSite();
  lab.defer(() => site.close());
  const app = await lab.app({ origins: [site.origin], socketIo: PATIENT });
  const chromium = await Chromium.launch();
  lab.defer(() => chromium.close());
  const query = new URLSearchParams({ server: app.url, thread: THREAD, ping: '500' });
  const tab = await chromium.open(`${site.origin}/page.html?${query}`);
  const { session_id } = await until('it pings', async () => {
    const { sessions } = await readDebug<ShownPage>(app.url, 'sessions');
    return sessions.find(({ client_info }) => client_info !== null);
  });
  const thaw = await chromium.freeze();
  for (const n of range(1, 300)) await app.sessions.publish(THREAD, 'number', { n });
  // Only after five seconds of silence the page is asked.
  await pause(5_500);
  await desk.finds(app.url, session_id, {
    title: RegExp(
      `The page stands still since ${TIME}: its browser answers, and the page does not`,
    ),
    evidence: [
      /^It has been silent for \S+ s\.$/,
      /^300 events are unacknowledged; the oldest was sent \S+ s ago\.$/,
      /^Its browser answers a WebSocket ping\.$/,
      /^When it was heard last, it was in the foreground\.$/,
    ],
  });
  thaw();
  await until('it has all', async () => (await reportOf(tab))?.last === 300);
  await until('its log says why', async () =>
    (await recentLogOf(tab)).some((line) => /The page stood still for \d+ ms$/.test(line)),
  );
  await desk.finds(app.url, session_id, {
    title: /The page stood still for \d+(\.\d)? s: its browser or the system had stopped it/,
    evidence: [RegExp(`^The page reported it at ${TIME}\\.$`)],
  });
}

const reportOf = (tab: Tab) => tab.evaluate<{ last: number }>('window.lab?.report()');
const recentLogOf = async (tab: Tab): Promise<readonly string[]> =>
  (await tab.evaluate<string[]>('window.lab?.diagnostics().recent_log')) ?? [];

/** A phone with one bar: 400 bytes a second. */
async function slowNetwork(lab: Lab, desk: OperatorDesk): Promise<void> {
  const { app, proxy } = await lab.proxiedApp({ socketIo: PATIENT });
  const client = await lab.liveClient(proxy.url, { thread_id: THREAD, transport: 'websocket' });
  proxy.change({ sliceBytes: 40, sliceEveryMs: 100 });
  for (const n of range(1, 300)) await app.sessions.publish(THREAD, EVENT, { n });
  await pause(2_500);
  await desk.finds(app.url, idOf(client), {
    title: /The client reads more slowly than the thread grows/,
    evidence: [
      /^It is \d+ events behind, and (acknowledges \S+ a second|has acknowledged none of late)\.$/,
      /^\d+ events are unacknowledged; the oldest was sent \S+ s ago\.$/,
      /^Its connection is slow: what is sent arrives late/,
    ],
  });
}

/** The kernel has killed the server in the middle of a reply; it is started again. */
async function killed(lab: Lab, desk: OperatorDesk): Promise<void> {
  const trace = { directory: await lab.folder() };
  const server = await lab.server({ trace, demo: { partsPerSecond: 100, words: 10_000 } });
  const client = await lab.liveClient(server.url, { thread_id: THREAD, user_id: 'alice' });
  await client.monitor.sendMessage('Well?');
  await until('some words are there', () => client.monitor.status.offset > 10);
  // The trace is written every quarter of a second.
  await pause(300);
  await server.kill();
  await server.restart();
  await until('it is back', () => client.receipts.length === 2);
  await desk.finds(server.url, idOf(client), {
    title: RegExp(`The server was away until ${TIME}, from ${TIME} at the earliest: .* was killed`),
    evidence: [
      /^1 reply was interrupted\.$/,
      RegExp(`^Its client was back on node-\\S+ at ${TIME}\\.$`),
    ],
  });
  const steps = await desk.steps(server.url, idOf(client));
  expect(steps).toEqual(
    expect.arrayContaining([
      'Registered from offset 1',
      'A reply was asked for by alice',
      'The process before was killed: 1 reply interrupted',
    ]),
  );
}

/** The login server gives out tokens that have expired. */
async function expiredToken(lab: Lab, desk: OperatorDesk): Promise<void> {
  const secret = 'a secret of at least 32 characters!';
  const authorize: Authorize = ({ token }) => {
    const { sub } = jsonwebtoken.verify(token ?? '', secret) as jsonwebtoken.JwtPayload;
    return { user_id: String(sub) };
  };
  let lifetimeS = 3_600;
  const token = () => jsonwebtoken.sign({ sub: 'alice' }, secret, { expiresIn: lifetimeS });
  const app = await lab.app({ authorize, socketIo: PATIENT });
  const client = await lab.liveClient(app.url, {
    thread_id: THREAD,
    transport: 'websocket',
    token,
  });
  const session_id = idOf(client);
  lifetimeS = -40;
  client.socket.io.engine.close();
  await until('it was refused twice', () => client.errors.length > 1);
  await desk.finds(app.url, session_id, {
    title: /alice was refused \d times: the token had expired 4\d s before/,
    evidence: [
      RegExp(`^authorize refused 'register' with token_expired at ${TIME}, the first time at`),
    ],
  });
}
