/** A polling client that is sent away and polls no more: it holds up nothing. */

import { expect } from 'vitest';
import { PATIENT, startApp } from '../support/app.js';
import { test } from '../support/lab.js';
import { openPolling } from '../support/polling.js';
import { times, until, within } from '../support/until.js';

/** Engine.IO waits three times as long for a poll to say goodbye to. */
const SOON_MS = 10_000;
const REFUSALS = 10;
const REGISTRATION = '42["register_session",{"thread_id":"refused"}]';

test('a stop does not wait for a polling client that was sent away', async (lab) => {
  const limits = { refusalsPerMinute: REFUSALS, registerTimeoutMs: Number.POSITIVE_INFINITY };
  const config = { authorize: () => false, settings: { limits }, socketIo: PATIENT };
  const app = await startApp(config);
  const closing: Promise<void>[] = [];
  lab.defer(() => closing[0] ?? app.close());
  const { post, poll } = await openPolling(app.url);
  const read = async () => (await poll()).text();
  await post('40');
  await post(times(REFUSALS - 1, () => REGISTRATION).join('\x1e'));
  let text = '';
  await until('it is refused', async () => {
    text += await read();
    return text.split('"error"').length === REFUSALS;
  });
  // The answer takes the poll that would carry the goodbye.
  const last = read();
  await post(REGISTRATION);
  expect(await last).toContain('"error"');
  const conn = [...app.io.sockets.sockets.values()][0]?.conn;
  await until('it is sent away', () => conn?.readyState === 'closing', {
    state: () => conn?.readyState,
  });
  closing.push(app.close());
  const stopped = within(
    SOON_MS,
    Promise.all(closing).then(() => true),
  );
  expect(await stopped).toBe(true);
});
