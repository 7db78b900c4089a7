/** What the body of a request may cost: its sender is not known before `authorize` has answered. */

import { connect } from 'node:net';
import { LIMITS } from '@session-monitor/protocol';
import type { Authorize, AuthorizeRequest } from '@session-monitor/server';
import { describe, expect } from 'vitest';
import { jsonPost, refusalOf } from '../support/json.js';
import { type Lab, test } from '../support/lab.js';
import { partsOf } from '../support/run-reader.js';
import { until } from '../support/until.js';

const THREAD = 'bodies';
const EVENTS = `/threads/${THREAD}/events`;

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

/** An app whose hook admits one token, and what the hook was asked. */
async function guarded(lab: Lab) {
  const asked: Pick<AuthorizeRequest, 'action' | 'thread_id' | 'event' | 'user_id'>[] = [];
  const authorize: Authorize = ({ action, thread_id, event, user_id, token }) => {
    asked.push({ action, thread_id, event, user_id } as (typeof asked)[number]);
    return token === 'right';
  };
  const app = await lab.app({ authorize });
  const send = (method: string, path: string, body: string, token = 'wrong') =>
    fetch(app.url + path, {
      ...jsonPost(''),
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body,
    });
  return { app, asked, send };
}

/** Bodies that only a full parse finds to be wrong. */
const BROKEN_INSIDE: readonly [method: string, path: string, body: string][] = [
  ['POST', '/havefun', `{"thread_id":"${THREAD}","user_input":["x" "y"]}`],
  ['POST', EVENTS, '{"event":"note","data":{"a":[nonsense]}}'],
  ['PATCH', `/threads/${THREAD}`, '{"title":["x" "y"]}'],
];

describe('a body', () => {
  test.for(BROKEN_INSIDE)(
    'is parsed when authorize has admitted its sender: %s %s',
    async ([method, path, body], lab) => {
      const { asked, send } = await guarded(lab);
      expect(await refusalOf(await send(method, path, body))).toEqual([403, 'authorisation']);
      expect(await refusalOf(await send(method, path, body, 'right'))).toEqual([
        400,
        'bad_request',
      ]);
      expect(asked.length).toBe(2);
    },
  );

  test('is not waited for if the path says all that authorize is asked about', async (lab) => {
    const { app } = await guarded(lab);
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    lab.defer(() => socket.destroy());
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.write(
      `PATCH /threads/${THREAD} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n`,
    );
    await until('it is answered', () => answer.includes('"authorisation"'));
    expect(answer).toMatch(/^HTTP\/1.1 403 /);
  });

  test('is done as authorize was asked about it', async (lab) => {
    const { app, asked, send } = await guarded(lab);
    const twice = '{"event":"first","\\u0065vent":"second","data":1}';
    expect((await send('POST', EVENTS, twice, 'right')).status).toBe(200);
    expect(asked).toMatchObject([{ action: 'publish', thread_id: THREAD, event: 'second' }]);
    const page = await fetch(app.url + EVENTS, {
      headers: { accept: 'application/json', authorization: 'Bearer right' },
    });
    expect(await page.json()).toMatchObject({ events: [{ event: 'second', data: 1 }] });

    const message = `{"thread_id":"other","thread_id":"${THREAD}","user_id":"ada","user_input":"x"}`;
    const reply = await send('POST', '/havefun', message, 'right');
    expect(partsOf(await reply.text())[0]).toMatchObject({ thread_id: THREAD, user_id: 'ada' });
    expect(asked.at(-1)).toMatchObject({ action: 'post', thread_id: THREAD, user_id: 'ada' });
  });

  test('that is too deep or too large is refused before anything is asked', async (lab) => {
    const { asked, send } = await guarded(lab);
    const { maxEventDepth: max } = LIMITS;
    for (const body of [
      `{"event":"note","data":${nested(max + 1)}}`,
      `{"event":"note","data":"${'x'.repeat(64 * 1024)}"}`,
      `${'['.repeat(30_000)}`,
    ]) {
      const refused = await send('POST', EVENTS, body, 'right');
      expect((await refusalOf(refused)).slice(1)).toEqual(
        body.startsWith('[') ? ['bad_request'] : ['too_large'],
      );
    }
    const deepest = `{"event":"note","data":${nested(max)}}`;
    expect(asked).toEqual([]);
    expect((await send('POST', EVENTS, deepest, 'right')).status).toBe(200);
  });

  test('of an event may be larger where the server is configured so', async (lab) => {
    const app = await lab.app({ maxEventBodyBytes: 200_000 });
    const event = (length: number) => jsonPost({ event: 'note', data: 'x'.repeat(length) });
    expect((await fetch(app.url + EVENTS, event(150_000))).status).toBe(200);
    expect((await fetch(app.url + EVENTS, event(250_000))).status).toBe(413);
  });

  test('carries the longest message, however its sender writes it', async (lab) => {
    const app = await lab.app();
    const { maxUserInputLength: max } = LIMITS;
    for (const unit of ['中', '\\u4e2d', '\\u0001']) {
      const body = `{"thread_id":"${THREAD}","user_input":"${unit.repeat(max)}"}`;
      const reply = await fetch(`${app.url}/havefun`, { ...jsonPost(''), body });
      expect([unit, reply.status]).toEqual([unit, 200]);
      await reply.text();
    }
  });
});
