/** The demo page on a cluster whose server is killed in the middle of a reply. */

import { expect } from 'vitest';
import { openContext } from '../support/browser.js';
import { DemoDriver, FLAWLESS } from '../support/demo-page.js';
import { test } from '../support/lab.js';
import { times } from '../support/until.js';

/** The page must say by then what it waits for. */
const SAYS_WITHIN_MS = 3_000;

test('says what it waits for until the others detect the dead writer, and then how the reply ended', async ({
  lab,
}) => {
  const redis = await lab.redis({ appendfsync: 'no' });
  const [writer, other] = await Promise.all(
    times(2, (index) =>
      lab.server({
        redis: { url: redis.url },
        node: `node-${index + 1}`,
        demo: { partsPerSecond: 20, words: 400 },
        settings: { runLeaseMs: 60_000 },
      }),
    ),
  );
  if (!writer || !other) throw new Error('There are two of them.');
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
  await expect.poll(() => demo.text('.after-kill')).toMatch(/Another server .* takes over\.$/);
  await expect.poll(() => demo.text('#verdict')).toBe(FLAWLESS);
  expect(demo.errors).toEqual([]);
});
