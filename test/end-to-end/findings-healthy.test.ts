/** Healthy sessions have no finding, whatever they look like: quiet, in the background, between two polls, behind by some events. */

import { createDemoResponder } from '@session-monitor/server';
import { expect } from 'vitest';
import { Chromium } from '../lifecycle/chromium.js';
import { startSite } from '../lifecycle/site.js';
import { PATIENT, publish } from '../support/app.js';
import { readDebug, type ShownPage } from '../support/debug-views.js';
import { expectHealthy, findingsOf } from '../support/findings.js';
import { postMessage } from '../support/json.js';
import { type Lab, test } from '../support/lab.js';
import { pause, range, until } from '../support/until.js';

const sessionsOf = async (url: string) => (await readDebug<ShownPage>(url, 'sessions')).sessions;

/** A page of Chromium with another tab in front of it. */
async function openBehind(lab: Lab, url: string, site: string): Promise<void> {
  const chromium = await Chromium.launch();
  lab.defer(() => chromium.close());
  const query = new URLSearchParams({ server: url, thread: 'background', ping: '15000' });
  const tab = await chromium.open(`${site}/page.html?${query}`);
  await until('it follows', async () =>
    (await sessionsOf(url)).some(({ thread_id }) => thread_id === 'background'),
  );
  await chromium.open('about:blank');
  await until('it is hidden', async () => {
    const state = await tab.evaluate<string>('document.visibilityState');
    return state === 'hidden';
  });
}

test('of all that a healthy session may look like, nothing is found', async (lab) => {
  const site = await startSite();
  lab.defer(() => site.close());
  // The intervals are those of production: clients ping, and acknowledge what is little, every 15 seconds.
  const responder = createDemoResponder({ partsPerSecond: 10, words: 90, exact: true });
  const app = await lab.app({ responder, socketIo: PATIENT, origins: [site.origin] });
  const quiet = ['upgrade', 'polling', 'websocket'] as const;
  await Promise.all([
    openBehind(lab, app.url, site.origin),
    ...quiet.map((transport) => lab.liveClient(app.url, { thread_id: transport, transport })),
    ...quiet.map((transport) => lab.liveClient(app.url, { thread_id: 'reply', transport })),
    lab.registeredV1Client(app.url, 'old', 'websocket'),
  ]);
  const reply = postMessage(app.url, 'reply', 'Well?').then((answer) => answer.text());
  const sessions = await sessionsOf(app.url);
  expect(sessions).toHaveLength(8);
  const look = () =>
    Promise.all(sessions.map(({ session_id }) => expectHealthy(app.url, `sessions/${session_id}`)));
  await look();
  // Each owes some events, and has no reason to say anything: for longer than an answer takes.
  for (const thread_id of [...quiet, 'background', 'old']) await publish(app, thread_id, 1, 3);
  for (const _look of range(1, 3)) {
    await pause(2_000);
    await look();
  }
  const [background] = await sessionsOf(app.url).then((all) =>
    all.filter(({ thread_id }) => thread_id === 'background'),
  );
  expect(background?.client_info).toMatchObject({ visible: false });
  await reply;
  await look();
  expect(await findingsOf(app.url, 'users/none')).toEqual([]);
  for (const thread_id of ['reply', 'background']) {
    await expectHealthy(app.url, `threads/${thread_id}`);
  }
});
