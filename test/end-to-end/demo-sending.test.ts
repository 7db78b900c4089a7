/** Sending messages on the demo page, and stopping replies. */

import type { Authorize } from '@session-monitor/server';
import type { BrowserContext } from 'playwright-core';
import { describe, expect } from 'vitest';
import { openContext } from '../support/browser.js';
import { DemoDriver, FLAWLESS, PHONE } from '../support/demo-page.js';
import { type Lab, test } from '../support/lab.js';
import { hold } from '../support/until.js';

describe('a message on the demo page', () => {
  test('leaves the composer, and a suggestion that is clicked never enters it', async (lab) => {
    const demo = await open(lab, await lab.app());
    await demo.page.fill('#question', 'A draft of mine');
    await demo.click('.suggestion >> nth=1');
    await demo.isAnswered();
    await expect.poll(() => demo.page.inputValue('#question')).toBe('A draft of mine');
    await demo.page.fill('#question', '');
    await demo.click('.turn-actions .button');
    await demo.waits('answered', async () => (await demo.turns())[1]?.status === 'completed');
    await expect.poll(() => demo.page.inputValue('#question')).toBe('');
    await demo.click('#send');
    expect((await demo.turns()).length).toBe(2);
    // The suggestions of an older reply are out of date.
    await expect.poll(() => demo.page.locator('.turn-actions:visible').count()).toBe(1);
  });

  test('whose answer is lost is in the thread once', async (lab) => {
    const demo = await open(lab, await lab.app());
    let posts = 0;
    await demo.page.route('**/havefun', async (route) => {
      posts += 1;
      await route.fetch();
      await route.abort();
    });
    await demo.ask('Have you heard me, in 10 words?');
    await demo.isAnswered();
    expect([(await demo.turns()).length, posts]).toEqual([1, 1]);
    await expect.poll(() => demo.pending()).toEqual([]);
  });

  test('that never arrived is sent again by itself', async (lab) => {
    const demo = await open(lab, await lab.app());
    let posts = 0;
    await demo.page.route('**/havefun', (route) => {
      posts += 1;
      return posts < 3 ? route.abort() : route.continue();
    });
    await demo.ask('Are you there, in 10 words?');
    await demo.isAnswered();
    expect([(await demo.turns()).length, posts]).toEqual([1, 3]);
    await demo.shows('#verdict', FLAWLESS);
  });

  test('survives a reload, and is shown on the way', async (lab) => {
    const demo = await open(lab, await lab.app());
    const { page } = demo;
    await page.route('**/havefun', (route) => route.abort());
    await demo.ask('Still there, in 10 words?');
    await expect.poll(async () => (await demo.pending()).length).toBe(1);
    await page.reload();
    const texts = async () => (await demo.pending()).map(([text]) => text);
    await expect.poll(texts).toEqual(['Still there, in 10 words?']);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await demo.isAnswered();
    expect(await demo.questions()).toEqual(['Still there, in 10 words?']);
  });

  test('that is written before the page is connected is sent when it is', async (lab) => {
    const { released: admitted, release: admit } = hold();
    const { url } = await lab.app({ authorize: () => admitted.then(() => true) });
    const demo = new DemoDriver(await (await openContext(lab)).newPage());
    await demo.page.goto(url);
    await demo.ask('Early, in 10 words');
    await expect.poll(async () => (await demo.pending()).length).toBe(1);
    expect(await demo.page.inputValue('#question')).toBe('');
    admit();
    await demo.isAnswered();
    expect(await demo.questions()).toEqual(['Early, in 10 words']);
    await expect.poll(() => demo.pending()).toEqual([]);
  });

  test('belongs to its conversation', async (lab) => {
    const demo = await open(lab, await lab.app());
    await demo.page.route('**/havefun', (route) => route.abort());
    await demo.ask('For the first one, in 10 words');
    await expect.poll(async () => (await demo.pending()).length).toBe(1);
    await demo.click('#new-conversation');
    await demo.says('Live');
    await demo.page.unrouteAll({ behavior: 'ignoreErrors' });
    await demo.ask('For the second one, in 10 words');
    await demo.isAnswered();
    expect(await demo.questions()).toEqual(['For the second one, in 10 words']);
    await demo.page.goBack();
    await demo.isAnswered();
    expect(await demo.questions()).toEqual(['For the first one, in 10 words']);
  });

  test('that is refused can be edited and sent again', async (lab) => {
    let mayPost = false;
    const authorize: Authorize = ({ action }) => action !== 'post' || mayPost;
    const demo = await open(lab, await lab.app({ authorize }));
    await demo.ask('May I, in 10 words?');
    await demo.waits('refused', async () =>
      /^Not sent\. Not allowed/.test((await demo.pending())[0]?.[1] ?? ''),
    );
    mayPost = true;
    await demo.page.fill('#question', 'A draft');
    await demo.click('#pending button');
    await expect.poll(() => demo.pending()).toEqual([]);
    await expect.poll(() => demo.page.inputValue('#question')).toBe('A draft\nMay I, in 10 words?');
    await demo.click('#send');
    await demo.isAnswered();
    await expect.poll(() => demo.page.inputValue('#question')).toBe('');
  });

  test('that waits behind another gets its reply after it', async (lab) => {
    const { app, release } = await lab.heldApp();
    const demo = await open(lab, app);
    await demo.ask('First');
    await demo.showsHalf();
    await demo.ask('Second');
    await demo.waits('it stands in the thread', async () => {
      const turns = await demo.turns();
      return turns.length === 2 && turns[1]?.status === 'running' && turns[1].text === '';
    });
    release();
    await demo.waits('both answered', async () => {
      const turns = await demo.turns();
      return turns.length === 2 && turns.every(({ status }) => status === 'completed');
    });
    expect(await demo.questions()).toEqual(['First', 'Second']);
  });
});

describe('a reply on the demo page', () => {
  test('is stopped on all pages by its button, and the next one goes on', async (lab) => {
    const { app, release } = await lab.heldApp();
    const demo = await open(lab, app);
    await expect.poll(() => demo.page.isVisible('#stop')).toBe(false);
    await demo.ask('First');
    await demo.showsHalf();
    await demo.ask('Second');
    await demo.waits('it waits', async () => (await demo.turns()).length === 2);
    const other = await DemoDriver.open(await openContext(lab), demo.page.url());
    await other.waits('both', async () => (await other.turns()).length === 2);
    // The button stops the running reply, not the waiting one.
    await other.click('#stop');
    for (const page of [demo, other]) {
      await page.waits('the second one', async () => (await page.turns())[1]?.text !== '');
      expect((await page.turns()).map(({ status }) => status)).toEqual(['cancelled', 'running']);
    }
    await demo.shows('.turn >> nth=0', /This reply was stopped\.$/);
    release();
    await demo.isAnswered();
    await expect.poll(() => demo.page.isVisible('#stop')).toBe(false);
    await demo.shows('#verdict', FLAWLESS);
  });
});

describe('on a phone', () => {
  test('a user reads, breaks and stops a reply on one screen', async (lab) => {
    const { app, release } = await lab.heldApp();
    const demo = await open(lab, app, await openContext(lab, { viewport: PHONE }));
    const { page } = demo;
    await demo.ask('On a phone?');
    await demo.showsHalf();
    const heightOf = async (selector: string) =>
      (await page.locator(selector).boundingBox())?.height ?? 0;
    expect(await heightOf('#scroller')).toBeGreaterThan(0.7 * PHONE.height);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.width);
    for (const fault of ['#cut', '#offline', '#lose-event', '#copy-kill', '#polling', '#acks']) {
      await page.locator(fault).scrollIntoViewIfNeeded();
      await expect.poll(() => page.isVisible(fault)).toBe(true);
    }
    await demo.click('#cut');
    await demo.waits('back', async () =>
      (await demo.timeline()).some((line) => line.startsWith('Resumed')),
    );
    expect(await page.isVisible('.text')).toBe(true);
    await demo.click('#stop');
    await demo.waits('stopped', () => demo.endsAs('cancelled'));
    await demo.shows('#verdict', FLAWLESS);
    release();
  });
});

const open = async (
  lab: Lab,
  { url }: { readonly url: string },
  context?: BrowserContext,
): Promise<DemoDriver> => DemoDriver.open(context ?? (await openContext(lab)), url);
