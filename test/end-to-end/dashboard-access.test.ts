/** Who may look at the dashboard, where it is mounted, and what it shows while its server is gone. */

import { createHandler } from '@session-monitor/http';
import { expect } from 'vitest';
import { violationsOn } from '../support/accessibility.js';
import { attach } from '../support/attached.js';
import { DashboardDriver } from '../support/dashboard-page.js';
import { type Lab, test } from '../support/lab.js';
import { newSession } from '../support/records.js';

const KEY = 'a-long-key-of-this-test-alone';

/** Sessions of an app below a path, with a key. */
async function mounted(lab: Lab) {
  const { http, sessions, url } = await attach(lab, { mode: 'production' });
  const handler = createHandler(sessions, {
    basePath: '/chat',
    dashboard: true,
    debug: { key: KEY },
  });
  http.on('request', handler);
  const record = newSession('away-000000000000', {
    state: 'disconnected',
    due_at: Date.now() + 9e5,
  });
  await sessions.internals.store.sessions.put(record, undefined);
  return `${url}/chat`;
}

test('outside development it asks for the key, keeps it in memory, and works below any path', async (lab) => {
  const board = await DashboardDriver.open(lab, await mounted(lab), '#/sessions');
  const { page } = board;
  const addresses: string[] = [];
  page.on('request', (request) => addresses.push(request.url()));
  await board.shows('.gate', /shows its sessions to those with its key/);
  expect(await violationsOn(page)).toEqual([]);
  await page.fill('input[type="password"]', 'a-wrong-key-of-some-length');
  await page.click('text=Open');
  await board.shows('.gate', /does not take this key/);
  // It is typed over the wrong one.
  await page.keyboard.type(KEY);
  await page.keyboard.press('Enter');
  await board.shows('.page-head', /1 in all/);
  await board.go('#/runs');
  await board.shows('.empty', /No reply lately/);
  expect(addresses.filter((address) => address.includes(KEY))).toEqual([]);
  expect(await page.evaluate(() => localStorage.length + sessionStorage.length)).toBe(0);
  await page.click('text=Forget the key');
  await board.shows('.gate', /to those with its key/);
  // A file needs no key.
  await page.click('text=a trace file to open');
  await board.shows('h1', /Trace file/);
  expect(board.errors).toEqual([]);
});

test('a page elsewhere cannot frame it, and a link elsewhere leads to it', async (lab) => {
  const url = await mounted(lab);
  const page = await fetch(`${url}/dashboard`, { headers: { 'sec-fetch-site': 'cross-site' } });
  expect(page.status).toBe(200);
  expect(page.headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'/);
  expect(page.headers.get('content-security-policy')).not.toContain('unsafe');
});

test('a server that is killed is shown as gone, with what was there, and found again', async (lab) => {
  const server = await lab.server({ node: 'this-node' });
  await lab.liveClient(server.url, { thread_id: 't', transport: 'websocket' });
  const board = await DashboardDriver.open(lab, server.url, '#/sessions');
  await board.shows('.page-head', /1 in all/);
  await server.kill();
  await board.shows(
    '.gone',
    /does not answer.*What you see is from before.*Next attempt in|Trying now/s,
  );
  await board.shows('.server-state', /Server gone/);
  expect((await board.rows('thread')).length).toBe(1);
  expect(await violationsOn(board.page)).toEqual([]);
  await board.page.click('text=Try now');
  await board.shows('.gone', /What you see is from before/);
  await server.restart();
  await board.shows('.server-state', /Live/);
  expect(await board.page.$$('.gone')).toEqual([]);
  expect(board.errors).toEqual([]);
});

test('a node that does not answer is named, and its rows are marked', async (lab) => {
  const { nodes } = await lab.nodes(2);
  const [first, second] = nodes;
  for (const { url } of nodes) {
    await lab.liveClient(url, { thread_id: 'shared', transport: 'websocket' });
  }
  const board = await DashboardDriver.open(lab, second.url, '#/sessions');
  await board.shows('.page-head', /2 in all/);
  first.freeze(true);
  await board.shows('.note', /No answer from node-1/);
  await board.waits(
    'a row is marked',
    async () => (await board.page.$$('[data-stale]')).length === 1,
  );
  await board.go('#/');
  await board.shows('.notices', /node-1.* does not answer/);
  first.freeze(false);
  await board.shows('.notices', /Nothing\./);
  await first.kill();
  await board.waits('its loss is noticed', async () =>
    /node-1\S* was lost.*took over 1 session/s.test(await board.text('.notices')),
  );
});
