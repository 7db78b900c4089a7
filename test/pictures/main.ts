/** `npm run pictures`: takes the pictures of the dashboard in the documentation, or one of every page. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { defineProgram, runIfMain, type Say } from '../harness/program.js';
import { openContext } from '../support/browser.js';
import { ROOT } from '../support/root.js';
import { pause } from '../support/until.js';
import { openStage, type PicturesStage } from './stage.js';

const DESKTOP: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
/** With the charts below the figures, and the timeline below the facts. */
const HIGH: BrowserContextOptions = { viewport: { width: 1280, height: 1060 } };
const TALL: BrowserContextOptions = { viewport: { width: 1280, height: 1900 } };
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true };
const dark = (options: BrowserContextOptions): BrowserContextOptions => ({
  ...options,
  colorScheme: 'dark',
});
/** For screens with small pixels. */
const sharp = (options: BrowserContextOptions): BrowserContextOptions => ({
  ...options,
  deviceScaleFactor: 2,
});
const QUALITY = 72;
const SHAPES = {
  desktop: DESKTOP,
  'desktop-dark': dark(DESKTOP),
  tall: TALL,
  phone: PHONE,
  'phone-dark': dark(PHONE),
} as const;

/** The pages, by what their pictures are called. */
const PAGES: Readonly<Record<string, (stage: PicturesStage, ids: SessionIds) => string>> = {
  overview: () => '#/',
  sessions: () => '#/sessions',
  'sessions-away': () => '#/sessions?state=disconnected',
  'sessions-none': () => '#/sessions?q=nothing',
  'session-cut': (_, ids) => `#/sessions/${ids.cut}`,
  'session-polling': (_, ids) => `#/sessions/${ids.polling}`,
  'session-slow': (_, ids) => `#/sessions/${ids.slow}`,
  session: (_, ids) => `#/sessions/${ids.busy}`,
  'session-unknown': () => '#/sessions/none-such-session',
  threads: () => '#/threads',
  thread: ({ people }) => `#/threads/${encodeURIComponent(people.busy.thread_id)}`,
  runs: () => '#/runs',
  file: () => '#/file',
};

type SessionIds = Readonly<Record<keyof PicturesStage['people'], string>>;

/** Those of the documentation. */
const DOCUMENTED: readonly {
  readonly name: string;
  readonly page: keyof typeof PAGES;
  readonly options: BrowserContextOptions;
}[] = [
  { name: 'dashboard', page: 'overview', options: sharp(HIGH) },
  { name: 'dashboard-session', page: 'session-cut', options: sharp(dark(HIGH)) },
  { name: 'dashboard-phone', page: 'sessions', options: sharp(PHONE) },
];

const program = defineProgram({
  name: 'pictures',
  about: 'Takes the pictures of the dashboard: servers on a Redis, with users of all kinds.',
  passes: 'all were taken',
  flags: {
    everything: { kind: 'switch', what: 'every page and state, into .cache/pictures' },
    seconds: { kind: 'whole number', range: [5, 3_600], what: 'how long users talk before' },
  },
  async run({ everything, seconds = 240 }, say) {
    const stage = await openStage();
    const closings: (() => unknown)[] = [];
    try {
      if (everything) {
        await pause(seconds * 1_000);
        await takeAll(stage, closings, say);
      } else await takeDocumented(stage, closings, seconds);
      return { passed: true };
    } finally {
      for (const closing of closings.reverse()) await closing();
      await stage.close();
    }
  },
});

/** The pages are open all the while: their charts fill. */
async function takeDocumented(
  stage: PicturesStage,
  closings: (() => unknown)[],
  seconds: number,
): Promise<void> {
  const ids = await idsOf(stage);
  const open = await Promise.all(
    DOCUMENTED.map(async ({ name, page: at, options }) => {
      const context = await openContext({ defer: (close) => closings.push(close) }, options);
      const page = await context.newPage();
      await page.goto(`${stage.urls[0]}/dashboard${PAGES[at]?.(stage, ids)}`);
      return { name, page, cdp: await context.newCDPSession(page) };
    }),
  );
  await pause(seconds * 1_000);
  for (const { name, cdp } of open) {
    const { data } = await cdp.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY });
    writeFileSync(join(ROOT, 'docs', 'images', `${name}.webp`), Buffer.from(data, 'base64'));
  }
}

async function takeAll(stage: PicturesStage, closings: (() => unknown)[], say: Say): Promise<void> {
  const folder = join(ROOT, '.cache', 'pictures');
  mkdirSync(folder, { recursive: true });
  const ids = await idsOf(stage);
  for (const [shape, options] of Object.entries(SHAPES)) {
    const context = await openContext({ defer: (close) => closings.push(close) }, options);
    const page = await context.newPage();
    for (const [name, hashOf] of Object.entries(PAGES)) {
      await page.goto(`${stage.urls[0]}/dashboard${hashOf(stage, ids)}`);
      await pause(1_600);
      writeFileSync(join(folder, `${name}.${shape}.png`), await page.screenshot());
    }
    await takeStates(page, stage, ids, (name) => join(folder, `${name}.${shape}.png`));
    say(shape);
  }
  const context = await openContext({ defer: (close) => closings.push(close) }, DESKTOP);
  const page = await context.newPage();
  const picture = async (name: string) => {
    await pause(2_500);
    writeFileSync(join(folder, `${name}.png`), await page.screenshot());
  };
  await page.goto(`${stage.urls[0]}/dashboard#/sessions?sort=node`);
  await pause(1_000);
  stage.freeze(true);
  await picture('frozen-sessions');
  await page.goto(`${stage.urls[0]}/dashboard#/`);
  await picture('frozen-overview');
  stage.freeze(false);
  await pause(3_000);
  await stage.kill();
  await picture('gone');
}

/** States that a click leads to. */
async function takeStates(
  page: Page,
  { urls, people, operator }: PicturesStage,
  ids: SessionIds,
  pathOf: (name: string) => string,
): Promise<void> {
  const picture = async (name: string) => {
    await pause(700);
    writeFileSync(pathOf(name), await page.screenshot());
  };
  const go = async (hash: string) => {
    await page.goto(`${urls[0]}/dashboard${hash}`);
    await page.reload();
  };
  const thread = `#/threads/${encodeURIComponent(people.busy.thread_id)}`;
  await go(thread);
  await page.click('.page-actions >> text=Erase');
  await picture('ask-erase');
  await page.keyboard.press('Escape');
  await page.click('text=Show what was written');
  await picture('written-token');
  await page.fill('text=Token of an operator', operator);
  await page.click('text=Use it');
  await picture('written');
  await go(`#/sessions/${ids.cut}`);
  await page.click('.page-actions >> text=Ping');
  await page.click('dialog >> button >> text=Ping');
  await picture('ask-ping-token');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  const download = page.waitForEvent('download');
  await page.click('text=Export');
  const file = await (await download).path();
  await page.click('nav >> text=Trace file');
  await page.setInputFiles('input[type="file"]', file);
  await picture('file-opened');
  await go('#/file');
  await page.setInputFiles('input[type="file"]', {
    name: 'notes.json',
    mimeType: 'application/json',
    buffer: Buffer.from('{"name":"package"}'),
  });
  await picture('file-refused');
  await go('#/sessions?state=gone');
  await picture('filter-refused');
  await go(`#/sessions/${ids.slow}`);
  await pause(1_000);
  await page.click('text=Which events').catch(() => {});
  await picture('pending-events');
}

async function idsOf({ urls, people }: PicturesStage): Promise<SessionIds> {
  const entries = Object.entries(people).map(async ([name, { thread_id }]) => {
    const answer = await fetch(`${urls[0]}/debug/sessions?thread_id=${thread_id}`);
    const { sessions } = (await answer.json()) as {
      readonly sessions: readonly { readonly session_id: string }[];
    };
    return [name, sessions[0]?.session_id ?? ''];
  });
  return Object.fromEntries(await Promise.all(entries)) as SessionIds;
}

await runIfMain(program, import.meta.url);
