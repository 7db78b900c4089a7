/** The examples for React, Vue and Svelte, as `vite build` makes them. */

import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { violationsOn } from '../support/accessibility.js';
import { ROOT } from '../support/command.js';
import { type Lab, test } from '../support/lab.js';
import { until } from '../support/until.js';
import { builtOnce } from './built-page.js';
import { hasEnded, readLog } from './thread-log.js';

const WHOLE = 'Half a reply and the rest.';

interface Shown {
  readonly question: string;
  readonly reply: string;
  readonly state: string;
}

const shownOn = (page: Page): Promise<readonly Shown[]> =>
  page.$$eval('.message', (messages) =>
    messages.map((message) => ({
      question: message.querySelector('.question')?.textContent ?? '',
      reply: message.querySelector('.reply')?.textContent ?? '',
      state: message.getAttribute('data-state') ?? '',
    })),
  );

async function ask(page: Page, question: string): Promise<void> {
  await page.fill('input', question);
  await page.press('input', 'Enter');
}

async function setUp(lab: Lab, open: ReturnType<typeof builtOnce>) {
  const { app, release } = await lab.heldApp();
  const proxy = await lab.proxy(app.url);
  const built = await open(lab, proxy.url, '?thread=t');
  await built.page.waitForSelector('.status[data-state="live"]');
  return { ...built, app, proxy, release };
}

for (const name of ['react', 'vue', 'svelte']) {
  describe(`the ${name} example`, () => {
    const open = builtOnce(join(ROOT, 'examples', name));

    test('shows a reply while it is written, and all of it though the connection was cut', async (lab) => {
      const { page, errors, app, proxy, release } = await setUp(lab, open);
      await ask(page, 'Why?');
      const half = { question: 'Why?', reply: 'Half a reply', state: 'running' };
      await expect.poll(() => shownOn(page)).toEqual([half]);

      proxy.refusing = true;
      proxy.cut();
      release();
      await page.waitForSelector('.status:not([data-state="live"])');
      await until('the reply has ended without the page', async () =>
        hasEnded(await readLog(app.url, 't')),
      );
      expect(await shownOn(page)).toEqual([half]);

      proxy.refusing = false;
      const whole = { ...half, reply: WHOLE, state: 'completed' };
      await expect.poll(() => shownOn(page)).toEqual([whole]);
      await page.waitForSelector('.status[data-state="live"]');
      await page.reload();
      await expect.poll(() => shownOn(page)).toEqual([whole]);
      expect(errors).toEqual([]);
    });

    test('shows unsent messages while there is no connection, and sends each once', async (lab) => {
      const { page, errors, proxy, release } = await setUp(lab, open);
      proxy.refusing = true;
      proxy.cut();
      await ask(page, 'Are you there?');
      await expect.poll(() => page.textContent('.note')).toBe('On its way: “Are you there?”');
      release();
      proxy.refusing = false;
      const whole = { question: 'Are you there?', reply: WHOLE, state: 'completed' };
      await expect.poll(() => shownOn(page)).toEqual([whole]);
      await page.waitForSelector('.note', { state: 'detached' });
      expect(errors).toEqual([]);
    });

    test('cancels a reply, and is accessible', async (lab) => {
      const { page, errors } = await setUp(lab, open);
      await ask(page, 'Why?');
      await page.click('button.quiet');
      const states = async () => (await shownOn(page)).map(({ state }) => state);
      await expect.poll(states).toEqual(['cancelled']);
      await page.waitForSelector('button.quiet', { state: 'detached' });
      expect(await violationsOn(page)).toEqual([]);
      expect(errors).toEqual([]);
    });
  });
}

describe('the React example', () => {
  const open = builtOnce(join(ROOT, 'examples', 'react'));

  test('lists the conversations, and leads from one to the other', async (lab) => {
    const { page, errors, release } = await setUp(lab, open);
    const links = () =>
      page.$$eval('.threads a', (all) => all.map(({ textContent }) => textContent));
    release();
    await ask(page, 'The first one');
    await page.waitForSelector('.message[data-state="completed"]');
    await expect.poll(links).toEqual(['The first one']);
    await page.goto(new URL('?thread=u', page.url()).href);
    await page.waitForSelector('.status[data-state="live"]');
    await ask(page, 'The second one');
    await expect.poll(links).toEqual(['The second one', 'The first one']);
    await page.click('.threads summary');
    expect(await violationsOn(page)).toEqual([]);
    await page.click('.threads a >> text=The first one');
    const questions = async () => (await shownOn(page)).map(({ question }) => question);
    await expect.poll(questions).toEqual(['The first one']);
    const current = () => page.textContent('.threads [aria-current="page"]');
    await expect.poll(current).toBe('The first one');
    expect(errors).toEqual([]);
  });
});

test('the React example fits the types that the packages publish', async (lab) => {
  const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
  const check = lab.command(tsc, ['-p', join(ROOT, 'examples', 'react')]);
  expect([await check.exitCode(), check.stdout]).toEqual([0, '']);
});
