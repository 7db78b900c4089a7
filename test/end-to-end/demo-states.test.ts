/** Every state of the demo page, in both schemes and at phone width: what it says, and what axe-core finds. */

import type { Authorize } from '@session-monitor/server';
import type { AppConfig } from 'session-monitor';
import { describe, expect } from 'vitest';
import { violationsOn } from '../support/accessibility.js';
import { openContext } from '../support/browser.js';
import { DESKTOP, DemoDriver, FLAWLESS, PHONE } from '../support/demo-page.js';
import { type Lab, test } from '../support/lab.js';
import { hold, until } from '../support/until.js';

const LOOKS = [
  { name: 'light', scheme: 'light', size: DESKTOP, pane: 'conversation' },
  { name: 'dark', scheme: 'dark', size: DESKTOP, pane: 'conversation' },
  { name: 'phone', scheme: 'light', size: PHONE, pane: 'conversation' },
  { name: 'phone-dark', scheme: 'dark', size: PHONE, pane: 'session' },
  { name: 'phone-list', scheme: 'light', size: PHONE, pane: 'threads' },
] as const;

/** Looks at the page in each way, and writes a picture of each. */
async function lookAt(demo: DemoDriver, state: string): Promise<void> {
  const { page } = demo;
  for (const { name, scheme, size, pane } of LOOKS) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize(size);
    // A page that has not reached the server knows of no list.
    const toggle = page.locator(`button.pane[value=${pane}]`);
    const isShown = pane !== 'conversation' && (await toggle.isVisible());
    if (isShown) await toggle.click();
    const found = await violationsOn(page);
    await demo.picture(`${state}-${name}`);
    expect([state, name, ...found]).toEqual([state, name]);
    if (isShown) await toggle.click();
  }
  await page.setViewportSize(DESKTOP);
}

/** Each look takes five screenshots and five accessibility checks: seconds of computing. */
const LOOKS_MS = 90_000;

describe('the demo page shows', { timeout: LOOKS_MS }, () => {
  test('an empty conversation, a reply that streams, and one that is complete', async (lab) => {
    const { demo, release } = await openHeld(lab);
    await demo.shows('#intro h2', /break it/);
    await lookAt(demo, 'empty');

    await demo.click('.suggestion >> nth=0');
    await demo.showsHalf();
    await expect.poll(() => demo.page.inputValue('#question')).toBe('');
    await expect.poll(() => demo.page.getAttribute('.reply', 'aria-busy')).toBe('true');
    await demo.click('text=Steps and sources');
    await demo.shows(
      '.steps',
      /A responder can publish them .*\n+Reading the question\.\n+Source: A book about halves$/,
    );
    const announced = await demo.recordAnnouncements();
    // The page announces states only, not each word.
    await expect.poll(() => demo.page.textContent('#announcer')).toMatch(/^Live\./);
    await lookAt(demo, 'streaming');

    release();
    await demo.waits('the rest', async () => (await demo.turns())[0]?.status === 'completed');
    await expect.poll(announced).toContain('Reply: Half a reply and the rest.');
    await expect.poll(() => demo.page.inputValue('#question')).toBe('');
    await demo.shows('#verdict', FLAWLESS);
    await lookAt(demo, 'live');
    expect(demo.errors).toEqual([]);
  });

  test('a server that it looks for, and one that it does not find', async (lab) => {
    const { url } = await lab.app();
    const demo = new DemoDriver(await (await newContext(lab)).newPage());
    const { released, release } = hold();
    await demo.page.route('**/socket.io/**', async (route) => {
      await released;
      await route.abort();
    });
    await demo.page.goto(url);
    await demo.says('Connecting');
    await demo.shows('#waiting', /Fetching/);
    await lookAt(demo, 'connecting');
    release();
    await demo.says('Cannot connect');
    await demo.shows('#advice', /start it again where it ran/);
    await lookAt(demo, 'unreachable');
    await demo.page.unrouteAll({ behavior: 'ignoreErrors' });
    await demo.says('Live');
  });

  test('a link that is slow, lost, and back', async (lab) => {
    const { app, release } = await lab.heldApp({ socketIo: { pingInterval: 25_000 } });
    const proxy = await lab.proxy(app.url);
    const page = await (await newContext(lab)).newPage();
    // The test controls the page's clock, so a state of two seconds lasts as long as the check takes.
    await page.clock.install();
    const demo = new DemoDriver(page);
    await page.goto(proxy.url);
    await demo.says('Live');
    await demo.ask('What is lost?');
    await demo.showsHalf();

    proxy.blackHole();
    proxy.refusing = true;
    // A busy machine has not passed this time yet when it pauses: a past time is an error.
    await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 1_000);
    await pass(demo, 'Slow');
    await demo.shows('#advice', /Just wait/);
    await lookAt(demo, 'degraded');
    await pass(demo, 'Recovering');
    await demo.shows('#advice', /after event \d+, and nothing is lost/);
    await lookAt(demo, 'recovering');

    release();
    // The browser would reuse a connection that it has kept open, which is half-open.
    proxy.cut();
    proxy.refusing = false;
    await page.clock.resume();
    await demo.waits('the rest', async () => (await demo.turns())[0]?.status === 'completed');
    await demo.says('Live');
    await demo.shows('#advice', /^Resumed: \d+ events? replayed from \d+\./);
    expect(await page.innerText('.text mark')).toBe(' and the rest.');
    await demo.shows('#verdict', FLAWLESS);
    await lookAt(demo, 'recovered');
    // The server keeps a client that leaves during an upgrade for longer than this test lasts.
    await demo.waits('upgraded', async () => (await demo.facts()).Transport === 'websocket');
  });

  test('a message on its way, one that was refused, and acks that are paused', async (lab) => {
    let mayPost = true;
    const authorize: Authorize = ({ action }) => action !== 'post' || mayPost;
    const { demo } = await openHeld(lab, { authorize });
    await demo.ask('First');
    await demo.showsHalf();
    await demo.ask('Second');
    await demo.waits('it waits', async () => (await demo.turns()).length === 2);
    await demo.shows('.turn >> nth=1', /It begins when the reply before/);
    await demo.shows(
      '#advice',
      /^No word for \d+ s\. Waiting for the server that writes this reply\.$/,
    );

    await demo.page.route('**/havefun', (route) => route.abort());
    await demo.ask('On its way');
    await expect.poll(() => demo.pending()).toEqual([['On its way', 'Sending …']]);
    await demo.click('#acks');
    await lookAt(demo, 'on-its-way');
    mayPost = false;
    await demo.page.unrouteAll({ behavior: 'ignoreErrors' });
    // Retries of aborted requests back off. The return of the network triggers one at once.
    await demo.page.evaluate(() => window.dispatchEvent(new Event('online')));
    await demo.waits('refused', async () =>
      /^Not sent\. Not allowed to post/.test((await demo.pending())[0]?.[1] ?? ''),
    );
    await lookAt(demo, 'refused');
  });

  test('a message that the page has dropped on purpose, without calling it trimmed', async (lab) => {
    const { demo, release } = await openHeld(lab);
    await demo.click('#lose-event');
    await demo.shows('#lose-event', 'Losing the next …');
    await demo.ask('Have you heard me?');
    await demo.showsHalf();
    expect((await demo.turns())[0]?.question).toBe('Your message was lost here on purpose.');
    await demo.shows('#advice', /lost event 1 on purpose.*reload/);
    await demo.shows('#turns', /log still has it: reload/);
    await expect.poll(() => demo.text('#turns')).not.toMatch(/no longer/);
    await lookAt(demo, 'lost-message');
    release();
    await demo.page.reload();
    await demo.waits('it is back', async () => (await demo.turns())[0]?.question !== undefined);
    await expect.poll(async () => (await demo.turns())[0]?.question).toBe('Have you heard me?');
    await demo.shows('#verdict', FLAWLESS);
  });

  test('a refusal, a broken link, and a way out of both', async (lab) => {
    const authorize: Authorize = ({ thread_id }) => thread_id !== 'forbidden';
    const { url } = await lab.app({ authorize });
    const demo = new DemoDriver(await (await newContext(lab)).newPage());
    await demo.page.goto(`${url}/?thread=forbidden`);
    await demo.says('Refused');
    await demo.shows('#waiting', 'There is nothing to show here.');
    await expect.poll(() => demo.page.getAttribute('#send', 'aria-disabled')).toBe('true');
    await lookAt(demo, 'failed');
    await demo.click('#new-conversation');
    await demo.says('Live');

    await demo.page.goto(`${url}/?thread=${encodeURIComponent('<b>not a name</b>')}`);
    await demo.says('Broken link');
    await lookAt(demo, 'broken-link');
    await demo.click('#new-conversation');
    await demo.says('Live');
    await demo.page.goBack();
    await demo.says('Broken link');
  });

  test('a run that failed, and history that is no longer kept', async (lab) => {
    const { url, sessions } = await lab.app({
      responder: () => {
        throw new Error('the model is out');
      },
      settings: { retention: { maxEvents: 3 }, sweepIntervalMs: 20 },
    });
    for (let n = 0; n < 20; n += 1) await sessions.publish('trimmed', 'note', n);
    await until('trimmed', async () => {
      const demo = lab.client(url, { thread_id: 'trimmed' });
      await until('read', () => demo.monitor.status.offset === 20);
      demo.close();
      return demo.gaps.length > 0;
    });
    const demo = await DemoDriver.open(await newContext(lab), `${url}/?thread=trimmed`);
    await demo.waits('the gap', async () => (await demo.text('#turns')).includes('no longer kept'));
    await demo.ask('Why?');
    await demo.waits('failed', async () => (await demo.turns())[0]?.status === 'failed');
    await demo.shows('.ending', /could not be produced/);
    await demo.shows('#verdict', FLAWLESS);
    await lookAt(demo, 'failed-run');
  });
});

describe('the proof', { timeout: LOOKS_MS }, () => {
  test('turns red when an event is lost in the page, and a reload heals it', async (lab) => {
    const { demo, release } = await openHeld(lab);
    await demo.ask('What is lost?');
    await demo.showsHalf();
    await demo.click('#lose-event');
    release();
    await demo.waits('broken', async () => (await demo.text('#verdict')) !== FLAWLESS);
    await demo.shows('#verdict', 'lost 1, duplicated 0, out of order 0');
    await expect.poll(() => demo.page.getAttribute('#proof', 'data-verdict')).toBe('broken');
    await demo.says('Live, but not whole');
    expect((await demo.turns())[0]?.text).not.toContain('and');
    await lookAt(demo, 'broken-proof');

    await demo.page.reload();
    await demo.waits('whole', async () =>
      /and the rest\.$/.test((await demo.turns())[0]?.text ?? ''),
    );
    await demo.shows('#verdict', FLAWLESS);
  });
});

/** Lets the page's time pass until it says something. */
async function pass(demo: DemoDriver, headline: string): Promise<void> {
  await demo.waits(`it says '${headline}'`, async () => {
    if ((await demo.text('#headline')) === headline) return true;
    await demo.page.clock.runFor(100);
    return (await demo.text('#headline')) === headline;
  });
}

const newContext = (lab: Lab) => openContext(lab, { viewport: DESKTOP });

/** The page of an app whose replies stop in the middle. */
async function openHeld(lab: Lab, config: Partial<AppConfig> = {}) {
  const { app, release } = await lab.heldApp(config);
  return { demo: await DemoDriver.open(await newContext(lab), app.url), release };
}
