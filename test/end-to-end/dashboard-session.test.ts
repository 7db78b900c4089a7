/** One session in the dashboard: its timeline and its steps, as a file, too. */

import { open as openFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { publish } from '../support/app.js';
import { DashboardDriver } from '../support/dashboard-page.js';
import { type Lab, test } from '../support/lab.js';
import { until } from '../support/until.js';

/** A session that was cut once, and has resumed. */
async function stage(lab: Lab) {
  const app = await lab.app({ node: 'this-node' });
  const client = await lab.liveClient(app.url, {
    thread_id: 'alice:chat',
    user_id: 'alice',
    transport: 'websocket',
  });
  await publish(app, 'alice:chat', 1, 3);
  client.socket.io.engine.close();
  await until('it has resumed', () => client.receipts.length === 2);
  return { app, client, id: `${client.receipts[0]?.session_id}` };
}

test('its life is drawn, and each step has words', async (lab) => {
  const { app, client, id } = await stage(lab);
  const board = await DashboardDriver.open(lab, app.url, `#/sessions/${id}`);
  const { page } = board;
  await board.shows('.facts', /Thread\nalice:chat/);
  await board.shows('.facts', /Resumed\n1 time/);
  await board.waits(
    'two connections',
    async () => (await page.$$('.bar[data-kind="websocket"]')).length === 2,
  );
  await board.shows('.steps', /register\s+Resumed from offset/);
  await board.shows('.steps', /disconnect\s+Disconnected/);
  // A mark leads to its step, with the fields.
  await page.click('.mark[data-tone="good"]');
  await board.shows('.step[aria-selected="true"]', /Resumed/);
  await board.shows('.step-fields', /outcome\s+resumed/);
  await page.focus('[role="listbox"]');
  await page.keyboard.press('ArrowUp');
  await board.waits(
    'the step before',
    async () => !(await board.text('.step[aria-selected="true"]')).includes('Resumed'),
  );
  await board.shows('.delivery', /It has everything|are not acknowledged/);

  client.socket.disconnect();
  await board.shows('.page-head', /away/);
  await board.go('#/sessions/no-session-0000000000');
  await board.shows('.page-head', /has ended, or never was/);
  await board.shows('.empty', /No step is kept/);
  expect(board.errors).toEqual([]);
});

test('what is found about it comes first, with what to do', async (lab) => {
  const app = await lab.app({ node: 'this-node' });
  const client = await lab.liveClient(app.url, { thread_id: 't', transport: 'websocket' });
  const id = `${client.receipts[0]?.session_id}`;
  const board = await DashboardDriver.open(lab, app.url, `#/sessions/${id}`);
  await board.shows('.notices', /Nothing is found to be wrong/);
  await app.sessions.deleteThread('t');
  await board.shows('.notices', /erased/);
  await board.go('#/threads/t');
  await board.shows('.notices', /erased/);
});

test('what is on the way to its client is shown, and which events those are', async (lab) => {
  const { app, proxy } = await lab.proxiedApp();
  const client = await lab.liveClient(proxy.url, { thread_id: 't', transport: 'websocket' });
  const id = `${client.receipts[0]?.session_id}`;
  const board = await DashboardDriver.open(lab, app.url, `#/sessions/${id}`);
  await board.shows('.delivery', /The thread has no event yet/);
  proxy.stall();
  await publish(app, 't', 1, 3);
  await board.shows('.delivery', /3 events are not acknowledged\. The oldest was sent .* ago/);
  await board.page.click('text=Which events');
  await board.shows('.pending-events', /1\s+message\s+\d+ B, in flight/);
});

test('it is exported, and opened again without a server', async (lab) => {
  const { app, id } = await stage(lab);
  const board = await DashboardDriver.open(lab, app.url, `#/sessions/${id}`);
  const { page } = board;
  await board.shows('.steps', /Resumed/);
  const steps = await board.texts('.step-words');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('text=Export')]);
  expect(download.suggestedFilename()).toBe(`trace-${id}.json`);
  const path = join(await lab.folder(), 'trace.json');
  await download.saveAs(path);

  await board.context.setOffline(true);
  await page.click('nav >> text=Trace file');
  await page.setInputFiles('input[type="file"]', path);
  await board.shows('.steps', /Resumed/);
  // A sample may have come between the look at the page and the export.
  expect((await board.texts('.step-words')).slice(0, steps.length)).toEqual(steps);
  await board.waits('it is drawn', async () => (await page.$$('.bar')).length > 1);
  expect(board.errors).toEqual([]);

  const text = await readFile(path, 'utf8');
  const folder = await lab.folder();
  const refuses = async (name: string, content: string, reason: RegExp) => {
    const file = join(folder, name);
    await writeFile(file, content);
    await page.setInputFiles('input[type="file"]', file);
    await board.shows('.problem', reason);
    expect(await board.text('.problem')).toContain(name);
    expect(await page.$$('.step')).toEqual([]);
  };
  await refuses('torn.json', text.slice(0, -30), /cut short/);
  await refuses('foreign.json', '{"name":"package"}', /no session trace/);
  await refuses('page.html', '<script>alert(1)</script>', /no session trace/);

  // A file of one gigabyte is not even read. It has no content, and takes no room.
  const large = join(folder, 'large.json');
  const handle = await openFile(large, 'w');
  await handle.truncate(1_000_000_000);
  await handle.close();
  await page.setInputFiles('input[type="file"]', large);
  await board.shows('.problem', /has 1000 MB\. The page reads up to 67 MB/);
});
