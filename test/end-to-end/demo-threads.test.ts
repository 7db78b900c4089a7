/** The list of conversations on the demo page. */

import type { Authorize } from '@session-monitor/server';
import { describe, expect } from 'vitest';
import { openContext } from '../support/browser.js';
import { DESKTOP, DemoDriver, FLAWLESS, PHONE } from '../support/demo-page.js';
import { type Lab, test } from '../support/lab.js';
import { times, until } from '../support/until.js';

const open = async (lab: Lab, { url }: { readonly url: string }, viewport = DESKTOP) =>
  DemoDriver.open(await openContext(lab, { viewport }), url);

/** The title, and the note below it. */
const rowsOf = ({ page }: DemoDriver): Promise<readonly (readonly string[])[]> =>
  page.$$eval('#thread-list a', (links) =>
    links.map((link) => [...link.children].map(({ textContent }) => textContent ?? '')),
  );

const titlesOf = async (demo: DemoDriver) => (await rowsOf(demo)).map(([title]) => title);

describe('the list of conversations', () => {
  test('shows each by its first message, the newest first, and links to it', async (lab) => {
    const { app, release } = await lab.heldApp();
    const demo = await open(lab, app);
    await demo.shows('#threads', /The first question begins one\.$/);
    const first = demo.thread;
    await demo.ask('The first one');
    await expect.poll(() => rowsOf(demo)).toEqual([['The first one', 'A reply is being written']]);

    await demo.click('#new-conversation');
    await demo.says('Live');
    await demo.ask('The second one');
    await expect.poll(() => titlesOf(demo)).toEqual(['The second one', 'The first one']);
    const current = () => demo.text('#thread-list [aria-current="page"] .thread-title');
    await expect.poll(current).toBe('The second one');

    await demo.click('text=The first one');
    await demo.waits('the first one', async () => (await demo.turns())[0]?.text === 'Half a reply');
    expect(demo.thread).toBe(first);
    await expect.poll(current).toBe('The first one');
    release();
    await demo.isAnswered();
    const ages = async () => (await rowsOf(demo)).map(([, age]) => age);
    await expect.poll(ages).toEqual(['just now', 'just now']);
    await demo.page.goBack();
    await expect.poll(current).toBe('The second one');
    await demo.shows('#verdict', FLAWLESS);
  });

  test('is a separate pane on a phone', async (lab) => {
    const demo = await open(lab, await lab.app(), PHONE);
    const { page } = demo;
    await demo.ask('On a phone, in 5 words');
    await demo.isAnswered();
    expect(await page.isVisible('#threads')).toBe(false);
    await demo.click('#show-threads');
    await expect.poll(() => page.isVisible('#threads')).toBe(true);
    expect(await page.isVisible('#scroller')).toBe(false);
    await expect.poll(() => page.getAttribute('#show-threads', 'aria-expanded')).toBe('true');
    await demo.click('text=On a phone, in 5 words');
    await expect.poll(() => page.isVisible('#scroller')).toBe(true);
    expect(await page.isVisible('#threads')).toBe(false);
    expect((await demo.turns()).length).toBe(1);
  });

  test('continues after its first page, and does not shrink when it reloads', async (lab) => {
    const app = await lab.app();
    const names = times(70, (index) => `list-${index}`);
    for (const thread_id of names) {
      await app.sessions.publish(thread_id, 'note', {});
      await app.sessions.updateThread(thread_id, { title: thread_id });
    }
    const demo = await open(lab, app);
    await expect.poll(async () => (await titlesOf(demo)).length).toBe(50);
    await demo.click('#more-threads');
    await expect.poll(async () => (await titlesOf(demo)).length).toBe(70);
    await expect.poll(() => demo.page.isVisible('#more-threads')).toBe(false);
    expect(new Set(await titlesOf(demo))).toEqual(new Set(names));
    await demo.ask('One more, in 5 words');
    await expect.poll(async () => (await titlesOf(demo)).length).toBe(71);
    expect((await titlesOf(demo))[0]).toBe('One more, in 5 words');
  });

  test('is hidden on a page without permission', async (lab) => {
    const authorize: Authorize = ({ action }) => action !== 'list';
    const app = await lab.app({ authorize });
    const demo = await open(lab, app);
    await demo.ask('Unlisted, in 5 words');
    await demo.isAnswered();
    await until('it was asked for', async () => {
      const list = await fetch(`${app.url}/threads`);
      return list.status === 403;
    });
    expect(await demo.page.isVisible('#threads')).toBe(false);
    await demo.page.setViewportSize(PHONE);
    expect(await demo.page.isVisible('#show-threads')).toBe(false);
  });
});
