/** The controls of the demo page, and their effects. */

import type { BrowserContext } from 'playwright-core';
import { describe, expect } from 'vitest';
import type { TestApp } from '../support/app.js';
import { openContext } from '../support/browser.js';
import { DemoDriver, FLAWLESS } from '../support/demo-page.js';
import { heldResponder } from '../support/held-responder.js';
import { type Lab, test } from '../support/lab.js';
import { until } from '../support/until.js';

describe('the faults of the demo page', () => {
  test('offline for five seconds: messages sent meanwhile arrive afterwards, once, and nothing is lost', async (lab) => {
    const app = await lab.app();
    const demo = await open(lab, app);
    await demo.ask('Before, in 10 words');
    await demo.isAnswered();
    await demo.click('#offline');
    await demo.says('Recovering');
    await demo.shows('#offline', /^Offline for \d s$/);
    await demo.shows('#advice', /^Offline for \d s, as you wanted/);
    await demo.ask('Meanwhile, in 10 words');
    await expect.poll(() => demo.page.inputValue('#question')).toBe('');
    const waiting = ['Meanwhile, in 10 words', expect.stringMatching(/^It is sent when/)];
    await expect.poll(() => demo.pending()).toEqual([waiting]);
    await until('disconnected', () => app.sessions.stats().connections === 0);

    await demo.waits('answered', async () => (await demo.turns())[1]?.status === 'completed');
    expect(await demo.questions()).toEqual(['Before, in 10 words', 'Meanwhile, in 10 words']);
    await expect.poll(() => demo.pending()).toEqual([]);
    await demo.shows('#advice', /^Resumed: /);
    await demo.shows('#verdict', FLAWLESS);
  });

  test('paused acks: the page reads on, and the server keeps the last acknowledged offset', async (lab) => {
    const app = await lab.app();
    const demo = await open(lab, app);
    await demo.ask('First, in 10 words');
    await demo.isAnswered();
    const told = await demo.fact('Offset');
    await demo.click('#acks');
    await demo.ask('Second, in 20 words');
    await demo.waits('answered', async () => (await demo.turns())[1]?.status === 'completed');
    const head = await demo.fact('Head');
    const belief = `believes that it is at ${told} of ${head}; it has sent up to ${head}`;
    await demo.waits('what it believes', async () => (await demo.text('#belief')).includes(belief));
    await expect.poll(() => demo.fact('Offset')).toBe(head);

    await demo.click('#acks');
    await until('acknowledged', async () => {
      const response = await fetch(`${app.url}/debug/thread-sessions?thread_id=${demo.thread}`);
      return (await response.json()).active_sessions[0]?.offset === head;
    });
    await expect.poll(() => demo.page.isHidden('#belief')).toBe(true);
  });

  test('the command kills this very server, and another one starts it again', async (lab) => {
    const startCommand = 'npm start -- --port 5101';
    const demo = await open(lab, await lab.app({ demo: { startCommand } }));
    await demo.waits('it knows', () => demo.page.isVisible('#kill'));
    await demo.shows('#kill-command', `kill -9 ${process.pid}`);
    await demo.shows('.after-kill', /in its terminal: npm start -- --po/);
    await demo.click('#offline');
    await demo.says('Recovering');
    await demo.page.route('**/socket.io/**', (route) => route.abort());
    await demo.shows('#advice', /: npm start -- --port 5101$/);
    await demo.page.unrouteAll({ behavior: 'ignoreErrors' });
    await demo.says('Live');
    // A later announcement replaces an earlier one.
    await expect.poll(() => demo.page.textContent('#announcer')).toMatch(/^Live\./);
    await demo.click('#copy-kill');
    const copied = () => demo.page.evaluate(() => navigator.clipboard.readText());
    await expect.poll(copied).toBe(`kill -9 ${process.pid}`);
    await expect.poll(() => demo.page.textContent('#announcer')).toBe('The command is copied.');
  });
});

describe('conversations on the demo page', () => {
  test('start with one click, stay at their address, and open elsewhere by their link', async (lab) => {
    const app = await lab.app();
    const demo = await open(lab, app);
    await demo.ask('The first one, in 10 words');
    await demo.isAnswered();
    const address = demo.page.url();
    const { thread } = demo;
    const turns = await demo.turns();

    await demo.click('#new-conversation');
    await demo.waits('a new one', async () => (await demo.turns()).length === 0);
    await demo.says('Live');
    expect(demo.thread).not.toBe(thread);
    await expect.poll(() => demo.page.evaluate(() => document.activeElement?.id)).toBe('question');
    await demo.shows('#checked', 'no event yet');
    await until('the first one is left', () => app.sessions.stats().sessions === 1);

    await demo.page.goBack();
    await demo.waits('the first one is back', async () => (await demo.turns()).length === 1);
    await expect.poll(() => demo.turns()).toEqual(turns);
    await demo.click('#copy-link');
    const link = await demo.page.evaluate(() => navigator.clipboard.readText());
    expect(link).toBe(address);
    const elsewhere = await DemoDriver.open(await newContext(lab, app), link);
    await elsewhere.waits('the same', async () => (await elsewhere.turns()).length === 1);
    await expect.poll(() => elsewhere.turns()).toEqual(turns);
  });

  test('work without a mouse and without motion', async (lab) => {
    const { responder, release } = heldResponder();
    const { app, lines } = await lab.loggedApp({ responder });
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
    await demo.showsHalf();
    expect((await demo.turns())[0]?.question).toBe('Without a mouse?\nSurely.');
    // A link within the page opens no other conversation, and does not reopen this one.
    expect(lines.filter(({ step }) => step === 'register').length).toBe(1);

    const moving = () => page.evaluate(() => document.getAnimations().length);
    expect(await moving()).toBeGreaterThan(0);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    expect(await moving()).toBe(0);
    release();
  });
});

describe('the way to the demo page', () => {
  test('is strict, cached by its ETag, and shows the process to this machine only', async (lab) => {
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
    const here = { pid: process.pid, start: null };
    expect(await facts()).toEqual({ mode: 'development', ...here, shared: false });
    const startCommand = 'npm start -- --port 5101';
    const told = await lab.app({ demo: { startCommand }, authorize: () => true });
    const tell = async (headers = {}) => (await fetch(`${told.url}/demo.json`, { headers })).json();
    expect(await tell()).toMatchObject({ pid: process.pid, start: startCommand });
    const elsewhere = { 'x-forwarded-for': '203.0.113.7' };
    expect(await facts(elsewhere)).toMatchObject({ error: { code: 'authorisation' } });
    expect(await tell(elsewhere)).toMatchObject({ pid: null, start: null });
  });
});

async function newContext(lab: Lab, { url }: TestApp): Promise<BrowserContext> {
  const context = await openContext(lab);
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: url });
  return context;
}

const open = async (lab: Lab, app: TestApp): Promise<DemoDriver> =>
  DemoDriver.open(await newContext(lab, app), app.url);
