/** The dashboard in Chromium: each page on a server with sessions, in both schemes, on a phone, by keys. */

import { createMemoryStore } from '@session-monitor/server';
import { describe, expect } from 'vitest';
import { violationsOn } from '../support/accessibility.js';
import { publish } from '../support/app.js';
import { DARK, DashboardDriver, PHONE, WIDE } from '../support/dashboard-page.js';
import { type Lab, test } from '../support/lab.js';
import { newSession } from '../support/records.js';
import { times, until } from '../support/until.js';

const open = DashboardDriver.open;
const MARKUP = '<img src=x onerror=alert(1)>';
const AWAY = 3_000;

/** A server with a session of alice that has resumed, one of a user with a strange name, a reply that runs, and many away. */
async function stage(lab: Lab, away = 0) {
  const store = createMemoryStore();
  for (const n of times(away, (index) => index)) {
    await store.sessions.put(
      newSession(`away-${String(n).padStart(12, '0')}`, {
        thread_id: `old:${n}`,
        user_id: `user-${n % 100}`,
        state: 'disconnected',
        due_at: Date.now() + 600_000,
      }),
      undefined,
    );
  }
  const { app, release } = await lab.heldApp({ store, node: 'this-node' });
  const alice = await lab.liveClient(app.url, {
    thread_id: 'alice:chat',
    user_id: 'alice',
    transport: 'websocket',
    pingInterval: 500,
  });
  await lab.liveClient(app.url, { thread_id: 'odd', user_id: MARKUP, transport: 'polling' });
  await publish(app, 'alice:chat', 1, 120);
  await app.sessions.sendMessage('alice:chat', 'Hello', { user_id: 'alice' });
  await app.sessions.sendMessage('alice:chat', 'And then?', { user_id: 'alice' });
  const id = `${alice.receipts[0]?.session_id}`;
  return { app, url: app.url, alice, id, release };
}

const pagesOf = (id: string): readonly (readonly [hash: string, shown: string])[] => [
  ['#/', '.chart'],
  ['#/sessions', '.session-row [data-column="session"] a'],
  [`#/sessions/${id}`, '.step'],
  ['#/threads', 'table.plain tbody tr'],
  ['#/threads/alice%3Achat', '.log tbody tr'],
  ['#/runs', 'table.plain tbody tr'],
  ['#/file', '.drop'],
  ['#/nowhere', '.empty'],
];

describe('every page', () => {
  test.for([
    ['on a wide window', WIDE],
    ['in the dark', DARK],
    ['on a phone', PHONE],
  ] as const)(
    '%s keeps its policy and has nothing that axe-core finds',
    async ([name, options], lab) => {
      const { url, id } = await stage(lab);
      const board = await open(lab, url, '#/', options);
      for (const [hash, shown] of pagesOf(id)) {
        await board.go(hash);
        await board.page.waitForSelector(shown);
        expect([hash, await violationsOn(board.page)]).toEqual([hash, []]);
        const wide = await board.page.evaluate(
          () => document.documentElement.scrollWidth - window.innerWidth,
        );
        expect([hash, wide]).toEqual([hash, 0]);
      }
      expect(board.errors).toEqual([]);
      await board.picture(`dashboard ${name}`);
    },
  );
});

test('the overview has the figures of the servers, and says what needs attention', async (lab) => {
  const { url } = await stage(lab);
  const board = await open(lab, url);
  await board.shows('.figures', /Sessions\n2\n2 active/);
  await board.shows('.figures', /Replies\n1\nand 1 waiting/);
  await board.shows('.notices', /Nothing\. All servers answer/);
  await board.shows('table.plain tbody', /this-node\s+serves\s+2\s+2\s+2/);
  await board.page.click('text=Hour');
  await board.shows('section[aria-labelledby="charts"]', /One value a minute/);
  expect(board.errors).toEqual([]);
});

test('what is wrong over all sessions comes first, and leads to the sessions that have it', async (lab) => {
  const { url, release } = await stage(lab);
  const board = await open(lab, url);
  const { page } = board;
  await board.shows('.notices', /1 thread\s+A reply waits for its turn/);
  expect(await violationsOn(page)).toEqual([]);
  await page.click('.notice >> text=Thread alice:chat');
  await board.shows('h1', /alice:chat/);
  await board.go('#/sessions');
  await page.selectOption('text=Finding', 'run_waiting');
  await board.shows('.page-head', /1 found/);
  expect(await board.rows('status', 'user')).toEqual([['run waiting', 'alice']]);
  release();
  await board.shows('.empty', /No session is like that/);
  await board.go('#/');
  await board.shows('.notices', /Nothing\. All servers answer/);
  expect(board.errors).toEqual([]);
});

describe('the list of sessions', () => {
  test('shows who is there, as it changes, and texts of users as texts', async (lab) => {
    const { url, alice } = await stage(lab);
    const board = await open(lab, url, '#/sessions');
    const rows = () => board.rows('status', 'user', 'thread', 'transport');
    await board.waits('both', async () => (await rows()).length === 2);
    expect(await rows()).toEqual([
      ['active', MARKUP, 'odd', 'polling'],
      ['active', 'alice', 'alice:chat', 'websocket'],
    ]);
    expect(await board.page.$$('.grid img')).toEqual([]);
    alice.socket.disconnect();
    await board.waits('alice is away', async () => (await rows())[1]?.[0] === 'away');
  });

  test('is searched, filtered and ordered, by keys, too', async (lab) => {
    const { url, id } = await stage(lab, 40);
    const board = await open(lab, url, '#/sessions');
    const { page } = board;
    await board.shows('.page-head', /42 in all/);
    await page.keyboard.press('/');
    await page.keyboard.type('alice');
    await board.shows('.page-head', /1 found/);
    expect(await board.rows('user')).toEqual([['alice']]);
    expect(page.url()).toContain('#/sessions?q=alice');
    await page.keyboard.press('Escape');
    await board.shows('.page-head', /42 in all/);
    await page.selectOption('text=State', 'disconnected');
    await board.shows('.page-head', /40 found/);
    await page.selectOption('text=State', '');
    await page.click('[role="columnheader"] >> text=User');
    await board.waits(
      'in the order of users',
      async () => (await board.rows('user'))[0]?.[0] === MARKUP,
    );
    await page.click('[role="columnheader"] >> text=User');
    await board.waits('the other way', async () => (await board.rows('user'))[0]?.[0] === 'user-9');
    expect(await page.getAttribute('[data-column="user"][role="columnheader"]', 'aria-sort')).toBe(
      'descending',
    );

    await board.go('#/sessions?q=alice');
    await board.shows('.page-head', /1 found/);
    await page.focus('[role="grid"]');
    // Tab reaches the links of the active row alone.
    expect((await page.$$('.grid-body a[tabindex="0"]')).length).toBe(2);
    await page.keyboard.press('Enter');
    await board.shows('h1', new RegExp(id));
  });

  test('is scrolled through from end to end, and only its seen rows are in the document', async (lab) => {
    const { url } = await stage(lab, AWAY);
    const board = await open(lab, url, '#/sessions?sort=session_id&state=disconnected');
    const { page } = board;
    await board.shows('.page-head', /3,000 found/);
    expect(await page.getAttribute('[role="grid"]', 'aria-rowcount')).toBe(`${AWAY + 1}`);
    await page.focus('[role="grid"]');
    await page.keyboard.press('End');
    await board.waits('the last one', async () => {
      const rows = await board.rows('thread');
      return rows.at(-1)?.[0] === `old:${AWAY - 1}`;
    });
    await page.evaluate(() => {
      const grid = document.querySelector('[role="grid"]');
      if (grid) grid.scrollTop = 1_500 * 36;
    });
    await board.waits('the middle', async () =>
      (await board.rows('thread')).some(([thread]) => thread === 'old:1510'),
    );
    expect((await board.rows('thread')).length).toBeLessThan(60);
    await page.keyboard.press('Home');
    await board.waits(
      'the first one',
      async () => (await board.rows('thread'))[0]?.[0] === 'old:0',
    );
    expect(board.errors).toEqual([]);
  });

  test('says what to do where there is nothing, and what is wrong with a filter', async (lab) => {
    const { url } = await stage(lab);
    const board = await open(lab, url, '#/sessions?q=nothing');
    await board.shows('.empty', /No session is like that/);
    await board.page.click('text=Show all sessions');
    await board.shows('.page-head', /2 in all/);
    await board.go('#/sessions?state=gone');
    await board.shows('.problem', /'state' must be one of active, idle, disconnected/);
  });
});

test('a thread shows its log around an offset, its followers and its replies', async (lab) => {
  const { url, id, release } = await stage(lab);
  const board = await open(lab, url, '#/threads?q=ali');
  const { page } = board;
  await board.shows('table.plain', /alice:chat/);
  await page.click('text=alice:chat');
  await board.shows('.log tbody tr:first-child', /12\d/);
  await page.fill('text=Around offset', '40');
  await page.keyboard.press('Enter');
  await board.shows('.log', /^.*\n(.*\n)*40\s+message/m);
  expect(await board.text('.log')).not.toContain('120');
  await page.click('text=Newest');
  await board.shows('.log tbody tr:first-child', /12\d/);
  await board.shows('section[aria-labelledby="followers"]', new RegExp(id));
  await board.shows('section[aria-labelledby="replies"]', /running\s+alice/);
  // Its client has acknowledged all there is: its cursor is at the newest event.
  await board.shows('.log tbody tr:first-child', /alice/);
  await page.click('text=Older');
  await board.shows('.outside', /1 follower has acknowledged more/);
  await page.click('text=Newest');
  await page.click('nav >> text=Replies');
  await board.shows('table.plain tbody', /running\s+alice:chat\s+alice/);
  release();
  await board.waits('both have ended', async () =>
    (await board.texts('.tag')).every((state) => state === 'completed'),
  );
  await board.go('#/threads/none');
  await board.shows('.empty', /There is no such thread/);
});

test('a page that is open for long holds no more than it shows', async (lab) => {
  const { app, url } = await stage(lab, 200);
  const board = await open(lab, url, '#/sessions');
  await board.shows('.page-head', /202 in all/);
  for (const hash of ['#/', '#/sessions', '#/runs', '#/sessions']) {
    await board.go(hash);
    await board.page.waitForSelector('h1');
  }
  // One stream at a time, whatever was shown before.
  await board.context.close();
  await until('no viewer is left', async () => {
    const answers = await Promise.all(
      times(20, async () => {
        const controller = new AbortController();
        const { status } = await fetch(`${app.url}/debug/live?limit=0`, controller);
        return { status, controller };
      }),
    );
    for (const { controller } of answers) controller.abort();
    return answers.every(({ status }) => status === 200);
  });
});
