/** What can be done on the demo page, and that it does it. */

import type { BrowserContext } from 'playwright-core';
import { describe, expect } from 'vitest';
import type { TestApp } from '../support/app.js';
import { openContext } from '../support/browser.js';
import { DemoPage, FLAWLESS } from '../support/demo-page.js';
import { heldResponder } from '../support/held-responder.js';
import { type Lab, test } from '../support/lab.js';
import { createLogger } from '../support/logger.js';
import { until } from '../support/until.js';

describe('the faults of the demo page', () => {
  test('offline for five seconds: nothing is connected, nothing is posted, nothing is lost', async ({
    lab,
  }) => {
    const app = await lab.app();
    const demo = await open(lab, app);
    await demo.ask('Before, in 10 words');
    await demo.waits('answered', () => endsAs(demo, 'completed'));
    await demo.click('#offline');
    await demo.says('Recovering');
    await expect.poll(() => demo.text('#offline')).toMatch(/^Offline for \d s$/);
    await expect.poll(() => demo.text('#advice')).toMatch(/^Offline for \d s, as you wanted/);
    await demo.ask('Meanwhile');
    await demo.waits('not sent', async () => /^Not sent\./.test(await demo.text('#composer-note')));
    await expect.poll(() => demo.page.inputValue('#question')).toBe('Meanwhile');
    await until('nobody is connected', () => app.sessions.stats().connections === 0);

    await demo.says('Live');
    await expect.poll(() => demo.text('#advice')).toMatch(/^Resumed: nothing was missed/);
    await expect.poll(() => demo.text('#send')).toBe('Send again');
    await demo.page.press('#question', 'Enter');
    await demo.waits('asked', async () => (await demo.turns()).length === 2);
    await expect.poll(() => demo.page.inputValue('#question')).toBe('');
    await expect.poll(() => demo.text('#verdict')).toBe(FLAWLESS);
  });

  test('paused acks: the page reads on, and the server believes what it was told', async ({
    lab,
  }) => {
    const app = await lab.app();
    const demo = await open(lab, app);
    await demo.ask('First, in 10 words');
    await demo.waits('answered', () => endsAs(demo, 'completed'));
    const told = await demo.fact('Offset');
    await demo.click('#acks');
    await demo.ask('Second, in 20 words');
    await demo.waits('answered', async () => (await demo.turns())[1]?.status === 'completed');
    const head = await demo.fact('Head');
    const belief = `believes that it is at ${told} of ${head}; it has sent up to ${head}`;
    await demo.waits('what it believes', async () => (await demo.text('#belief')).includes(belief));
    await expect.poll(() => demo.fact('Offset')).toBe(head);

    await demo.click('#acks');
    await until('it is told', async () => {
      const { thread } = names(demo);
      const response = await fetch(`${app.url}/debug/thread-sessions?thread_id=${thread}`);
      return (await response.json()).active_sessions[0]?.offset === head;
    });
    await expect.poll(() => demo.page.isHidden('#belief')).toBe(true);
  });

  test('the command kills this very server', async ({ lab }) => {
    const demo = await open(lab, await lab.app());
    await demo.waits('it knows', () => demo.page.isVisible('#kill'));
    await expect.poll(() => demo.text('#kill-command')).toBe(`kill -9 ${process.pid}`);
    // What is said later takes the place of what was said before.
    await expect.poll(() => demo.page.textContent('#announcer')).toMatch(/^Live\./);
    await demo.click('#copy-kill');
    await expect
      .poll(() => demo.page.evaluate(() => navigator.clipboard.readText()))
      .toBe(`kill -9 ${process.pid}`);
    await expect.poll(() => demo.page.textContent('#announcer')).toBe('The command is copied.');
  });
});

describe('a question on the demo page', () => {
  test('whose answer is lost is found in the thread, and asked once', async ({ lab }) => {
    const app = await lab.app();
    const demo = await open(lab, app);
    await demo.page.route('**/havefun', async (route) => {
      await route.fetch();
      await route.abort();
    });
    await demo.ask('Have you heard me, in 10 words?');
    await demo.waits('answered', () => endsAs(demo, 'completed'));
    expect((await demo.turns()).length).toBe(1);
    await expect.poll(() => demo.page.inputValue('#question')).toBe('');
    await expect.poll(() => demo.page.isHidden('#composer-note')).toBe(true);
  });

  test('that never arrived is kept, looked for, and can be sent again', async ({ lab }) => {
    const demo = await open(lab, await lab.app());
    await demo.page.route('**/havefun', (route) => route.abort(), { times: 1 });
    await demo.ask('Are you there, in 10 words?');
    await demo.waits('in doubt', async () => /^No answer/.test(await demo.text('#composer-note')));
    await expect.poll(() => demo.page.getAttribute('#send', 'aria-disabled')).toBe('true');
    // A new connection cannot be the dead one of the post.
    await demo.click('#cut');
    await demo.waits('not sent', async () =>
      /^Not sent\. The question did not reach/.test(await demo.text('#composer-note')),
    );
    await expect.poll(() => demo.page.inputValue('#question')).toBe('Are you there, in 10 words?');
    await demo.click('#send');
    await demo.waits('answered', () => endsAs(demo, 'completed'));
    expect((await demo.turns()).length).toBe(1);
  });

  test('that waits behind another is not sent twice', async ({ lab }) => {
    const { responder, release } = heldResponder();
    const demo = await open(lab, await lab.app({ responder }));
    await demo.ask('First');
    await demo.waits('half a reply', async () => (await demo.turns())[0]?.text === 'Half a reply');
    await demo.ask('Second');
    await demo.waits('it stands in the thread', async () => {
      const turns = await demo.turns();
      return turns.length === 2 && turns[1]?.status === 'streaming' && turns[1].text === '';
    });
    release();
    await demo.waits('both answered', async () => {
      const turns = await demo.turns();
      return turns.length === 2 && turns.every(({ status }) => status === 'completed');
    });
    expect((await demo.turns()).map(({ question }) => question)).toEqual(['First', 'Second']);
  });

  test('is text, whatever is in it', async ({ lab }) => {
    const demo = await open(lab, await lab.app());
    const question = '<img src=x onerror="document.title = 1"> in 5 words';
    await demo.ask(question);
    await demo.waits('answered', () => endsAs(demo, 'completed'));
    expect((await demo.turns())[0]?.question).toBe(question);
    await expect.poll(() => demo.page.$$('.turns img')).toEqual([]);
    expect(demo.errors).toEqual([]);
  });
});

describe('conversations on the demo page', () => {
  test('are begun by one click, kept by the address, and open elsewhere by their link', async ({
    lab,
  }) => {
    const app = await lab.app();
    const demo = await open(lab, app);
    await demo.ask('The first one, in 10 words');
    await demo.waits('answered', () => endsAs(demo, 'completed'));
    const first = names(demo);
    const turns = await demo.turns();

    await demo.click('#new-conversation');
    await demo.waits('a new one', async () => (await demo.turns()).length === 0);
    await demo.says('Live');
    expect(names(demo).thread).not.toBe(first.thread);
    await expect.poll(() => demo.page.evaluate(() => document.activeElement?.id)).toBe('question');
    await expect.poll(() => demo.text('#checked')).toBe('no event yet');
    await until('the first one is left', () => app.sessions.stats().sessions === 1);

    await demo.page.goBack();
    await demo.waits('the first one is back', async () => (await demo.turns()).length === 1);
    await expect.poll(() => demo.turns()).toEqual(turns);
    await demo.click('#copy-link');
    const link = await demo.page.evaluate(() => navigator.clipboard.readText());
    expect(link).toBe(first.address);
    const elsewhere = await DemoPage.open(await newContext(lab, app), link);
    await elsewhere.waits('the same', async () => (await elsewhere.turns()).length === 1);
    await expect.poll(() => elsewhere.turns()).toEqual(turns);
  });

  test('can be had without a mouse, and without motion', async ({ lab }) => {
    const { responder, release } = heldResponder();
    const { logger, lines } = createLogger();
    const app = await lab.app({ responder, logger });
    const demo = await open(lab, app);
    const { page } = demo;
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toMatch(/^Skip to/);
    await page.keyboard.press('Enter');
    // A browser follows a link within a page in its own time.
    await demo.waits('the focus', () =>
      page.evaluate(() => document.activeElement?.id === 'question'),
    );
    await page.keyboard.type('Without a mouse?');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('Surely.');
    await page.keyboard.press('Enter');
    await demo.waits('half a reply', async () => (await demo.turns())[0]?.text === 'Half a reply');
    expect((await demo.turns())[0]?.question).toBe('Without a mouse?\nSurely.');
    // A link within the page has not led to another conversation, nor to the same one anew.
    expect(lines.filter(({ step }) => step === 'register').length).toBe(1);

    const moving = () => page.evaluate(() => document.getAnimations().length);
    expect(await moving()).toBeGreaterThan(0);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    expect(await moving()).toBe(0);
    release();
  });
});

test('what is written before the page is connected is kept, and asked when it is', async ({
  lab,
}) => {
  let admit = () => {};
  const admitted = new Promise<void>((resolve) => {
    admit = resolve;
  });
  const app = await lab.app({ authorize: () => admitted.then(() => true) });
  const context = await newContext(lab, app);
  const demo = new DemoPage(await context.newPage());
  await demo.page.goto(app.url);
  await demo.page.click('#question');
  await demo.page.keyboard.type('Early, in 10 words');
  await demo.page.keyboard.press('Enter');
  await demo.waits('it waits', async () => /as soon as/.test(await demo.text('#composer-note')));
  expect(await demo.page.inputValue('#question')).toBe('Early, in 10 words');
  admit();
  await demo.waits('answered', () => endsAs(demo, 'completed'));
  expect((await demo.turns()).map(({ question }) => question)).toEqual(['Early, in 10 words']);
  await expect.poll(() => demo.page.inputValue('#question')).toBe('');
  await expect.poll(() => demo.page.isHidden('#composer-note')).toBe(true);
});

describe('the way to the demo page', () => {
  test('is strict, cached by its tag, and for this machine to see the process', async ({ lab }) => {
    const { url } = await lab.app();
    const page = await fetch(url);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'/);
    expect(policy).not.toMatch(/unsafe-|\*|data:|https?:/);
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    const etag = page.headers.get('etag') ?? '';
    const again = await fetch(url, { headers: { 'if-none-match': etag } });
    expect([again.status, page.headers.get('cache-control')]).toEqual([304, 'no-cache']);

    const html = await page.text();
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
    const assets = [...html.matchAll(/(?:src|href)="\.(\/demo\/[^"]+)"/g)].map(([, path]) => path);
    expect(assets.length).toBe(3);
    for (const path of assets) {
      const asset = await fetch(`${url}${path}`);
      expect([path, asset.status, asset.headers.get('content-security-policy')]).toEqual([
        path,
        200,
        policy,
      ]);
      expect(asset.headers.get('cache-control')).toMatch(/immutable/);
    }

    const facts = async (headers = {}) => (await fetch(`${url}/demo.json`, { headers })).json();
    expect(await facts()).toEqual({ mode: 'development', pid: process.pid });
    expect(await facts({ 'x-forwarded-for': '203.0.113.7' })).toMatchObject({ pid: null });
  });
});

async function newContext(lab: Lab, { url }: TestApp): Promise<BrowserContext> {
  const context = await openContext(lab);
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: url });
  return context;
}

const open = async (lab: Lab, app: TestApp): Promise<DemoPage> =>
  DemoPage.open(await newContext(lab, app), app.url);

function names({ page }: DemoPage): { readonly thread: string; readonly address: string } {
  const address = page.url();
  return { address, thread: new URL(address).searchParams.get('thread') ?? '' };
}

async function endsAs(demo: DemoPage, status: string): Promise<boolean> {
  return (await demo.turns()).at(-1)?.status === status;
}
