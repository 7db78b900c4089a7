/** Healthy sessions have no finding, whatever they look like: quiet, in the background, between two polls, behind by some events. */

import { createDemoResponder } from '@session-monitor/server';
import { expect } from 'vitest';
import { Chromium, type Tab } from '../lifecycle/chromium.js';
import { startSite } from '../lifecycle/site.js';
import { PATIENT, publish } from '../support/app.js';
import { readDebug, type ShownPage, type ShownSession } from '../support/debug-views.js';
import { expectFirst, expectHealthy, findingsOf } from '../support/findings.js';
import { postMessage } from '../support/json.js';
import { test } from '../support/lab.js';
import { pause, range, until } from '../support/until.js';

const sessionsOf = async (url: string) => (await readDebug<ShownPage>(url, 'sessions')).sessions;
const sessionOn = async (url: string, thread: string) =>
  (await sessionsOf(url)).find(({ thread_id }) => thread_id === thread);
const isHidden = (session: ShownSession | undefined): boolean =>
  (session?.client_info as { visible?: boolean } | null)?.visible === false;

/** Follows a thread of the same name in a tab that has another one in front of it. */
async function openBehind(
  chromium: Chromium,
  site: string,
  { url: server, thread, ping }: { url: string; thread: string; ping: string },
): Promise<Tab> {
  const query = new URLSearchParams({ server, thread, ping });
  const tab = await chromium.open(`${site}/page.html?${query}`);
  await until('it follows', async () => (await sessionOn(server, thread)) !== undefined);
  await chromium.open('about:blank');
  await until('it is hidden', async () => {
    const state = await tab.evaluate<string>('document.visibilityState');
    return state === 'hidden';
  });
  return tab;
}

/** A page that Chromium freezes as it freezes pages in the background, once the server knows that it is there. */
async function openFrozen(chromium: Chromium, site: string, url: string): Promise<void> {
  const tab = await openBehind(chromium, site, { url, thread: 'frozen', ping: '500' });
  await until('it has told', async () => isHidden(await sessionOn(url, 'frozen')));
  await tab.ask('Page.setWebLifecycleState', { state: 'frozen' });
}

test('of all that a healthy session may look like, nothing is found; of a frozen page beside them, that', async (lab) => {
  const site = await startSite();
  lab.defer(() => site.close());
  // The intervals are those of production: clients ping, and acknowledge what is little, every 15 seconds.
  const responder = createDemoResponder({ partsPerSecond: 10, words: 90, exact: true });
  const app = await lab.app({ responder, socketIo: PATIENT, origins: [site.origin] });
  const { url } = app;
  const chromium = await Chromium.launch();
  lab.defer(() => chromium.close());
  const quiet = ['upgrade', 'polling', 'websocket'] as const;
  await Promise.all([
    ...quiet.map((transport) => lab.liveClient(url, { thread_id: transport, transport })),
    ...quiet.map((transport) => lab.liveClient(url, { thread_id: 'reply', transport })),
    lab.registeredV1Client(url, 'old', 'websocket'),
    openBehind(chromium, site.origin, { url, thread: 'background', ping: '15000' }),
  ]);
  const healthy = await sessionsOf(url);
  expect(healthy).toHaveLength(8);
  const look = () =>
    Promise.all(healthy.map(({ session_id }) => expectHealthy(url, `sessions/${session_id}`)));
  await openFrozen(chromium, site.origin, url);
  const reply = postMessage(url, 'reply', 'Well?').then((answer) => answer.text());
  await look();
  // Each owes some events, and has no reason to say anything: for longer than an answer takes.
  for (const thread_id of [...quiet, 'background', 'old', 'frozen']) {
    await publish(app, thread_id, 1, 3);
  }
  for (const _look of range(1, 3)) {
    await pause(2_000);
    await look();
  }
  expect(isHidden(await sessionOn(url, 'background'))).toBe(true);
  const frozen = await sessionOn(url, 'frozen');
  await expectFirst(url, `sessions/${frozen?.session_id}`, 'page_frozen', {
    title: /^The page is in the background and silent since .+ UTC: the browser has frozen it\.$/,
    evidence: [
      /^It has been silent for \S+ s\.$/,
      /^3 events are unacknowledged/,
      /^Asked just now, it has not answered\.$/,
      /^Its browser answers a WebSocket ping\.$/,
      /^When it was heard last, it was in the background\.$/,
    ],
  });
  await reply;
  await look();
  expect(await findingsOf(url, 'users/none')).toEqual([]);
  for (const thread_id of ['reply', 'background']) await expectHealthy(url, `threads/${thread_id}`);
}, 60_000);
