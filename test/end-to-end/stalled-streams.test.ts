/** A stream over HTTP whose reader takes nothing is cut after a while; other streams go on. */

import { request } from 'node:http';
import { expect } from 'vitest';
import { test } from '../support/lab.js';
import { until } from '../support/until.js';

const THREAD = 'long';
const EVENTS = 120;
/** Together more than a kernel holds for a connection whose reader takes nothing. */
const TEXT = 'x'.repeat(60_000);

test('a stream whose reader takes nothing is cut, and one that is read is not', async (lab) => {
  const app = await lab.app({ settings: { limits: { streamTimeoutMs: 2_000 } } });
  for (let n = 1; n <= EVENTS; n += 1) await app.sessions.publish(THREAD, 'note', { n, TEXT });
  const read = (onData: ((text: string) => void) | undefined, lastEventId?: string) => {
    const headers = { ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) };
    const asked = request(`${app.url}/threads/${THREAD}/events`, { headers }, (response) => {
      if (onData) response.setEncoding('utf8').on('data', onData);
    });
    asked.on('error', () => {}).end();
    lab.defer(() => asked.destroy());
  };
  const { hits, streams } = app.sessions.internals;
  let text = '';
  read((more) => {
    text += more;
  });
  read(undefined);
  const last = `"n":${EVENTS},`;
  await until('the one that reads has all', () => text.includes(last));
  await until('the other is cut', () => hits.of('streamTimeoutMs') === 1);
  await until('it has gone', () => streams.size === 1);

  let rest = '';
  const id = /id: (\S+)\ndata: [^\n]*"n":100,/.exec(text)?.[1];
  read((more) => {
    rest += more;
  }, id);
  await until('a reader goes on where it was', () => rest.includes(last));
  expect(rest).not.toContain('"n":100,');
});
