/** The demo page on a cluster whose server is killed in the middle of a reply. */

import { expect } from 'vitest';
import { openContext } from '../support/browser.js';
import { DemoPage, FLAWLESS } from '../support/demo-page.js';
import { test } from '../support/lab.js';
import { times, until } from '../support/until.js';

test('says what it waits for while the others find out that the writer is dead, and then how it ended', async ({
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
  await until('they know each other', async () => {
    const facts = await (await fetch(`${other.url}/demo.json`)).json();
    return facts.shared === true && facts.start === null;
  });
  // The page stays connected: its reconnect would take a part of the time in which it waits.
  const demo = await DemoPage.open(await openContext(lab), other.url);
  const thread_id = new URL(demo.page.url()).searchParams.get('thread');
  const asking = fetch(`${writer.url}/havefun`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user_input: 'How is it shared?', thread_id, use_websocket: true }),
  }).then((response) => response.text());
  await demo.goesOn(20);

  await Promise.all([expect(asking).rejects.toThrow(), writer.kill()]);
  await demo.waits('it says what it waits for', async () =>
    /^No word for \d+ s\. .* another server ends the reply/.test(await demo.text('#advice')),
  );
  await demo.waits('interrupted', () => demo.endsAs('interrupted'));
  await expect.poll(() => demo.text('.after-kill')).toMatch(/Another server .* takes over\.$/);
  await expect.poll(() => demo.text('#verdict')).toBe(FLAWLESS);
  expect(demo.errors).toEqual([]);
});
