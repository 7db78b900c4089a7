/** The demo page on a cluster whose server is killed in the middle of a reply. */

import { expect } from 'vitest';
import { openContext } from '../support/browser.js';
import { DemoDriver, FLAWLESS } from '../support/demo-page.js';
import { test } from '../support/lab.js';

/** The page must say by then what it waits for. */
const SAYS_WITHIN_MS = 3_000;

test('says what it waits for until the others detect the dead writer, and then how the reply ended', async (lab) => {
  const [writer, other] = (await lab.nodes(2)).nodes;
  const proxy = await lab.proxy(writer.url);
  const demo = await DemoDriver.open(await openContext(lab), proxy.url);
  await demo.waits('they know each other', async () => {
    const facts = await (await fetch(`${proxy.url}/demo.json`)).json();
    return facts.shared === true && facts.start === null;
  });
  await demo.ask('How do several servers share a conversation?');
  await demo.goesOn(20);

  proxy.retarget(other.port);
  await writer.kill();
  const killedAt = performance.now();
  await demo.waits('it says what it waits for', async () =>
    /^No word for \d+ s\. .* another server ends the reply/.test(await demo.text('#advice')),
  );
  // The time counts from the newest word, a moment before. The page may be busy with its reconnect.
  expect(performance.now() - killedAt).toBeLessThan(2 * SAYS_WITHIN_MS);
  await demo.waits('interrupted', () => demo.endsAs('interrupted'));
  await demo.shows('.after-kill', /Another server .* takes over\.$/);
  await demo.shows('#verdict', FLAWLESS);
  expect(demo.errors).toEqual([]);
});
