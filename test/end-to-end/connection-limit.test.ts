/** The connections of all clients together: the server makes room before it has none. */

import { expect } from 'vitest';
import { EVENT, untilLive } from '../support/client.js';
import { handshake } from '../support/handshake.js';
import { type Lab, test } from '../support/lab.js';
import { publicApp } from '../support/public-app.js';
import { RawConnection } from '../support/raw-connection.js';
import { range, times, until } from '../support/until.js';

const THREAD = 'shared';
const REQUEST = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n';

/** Connections that have sent so much of a request. */
async function connections(lab: Lab, url: string, count: number, from: string, text = '') {
  const made = times(count, () => new RawConnection(lab, url, from));
  for (const each of made) if (text !== '') each.write(text);
  await until('connected', () => made.every(({ socket, closed }) => closed || !socket.connecting));
  return { left: () => made.filter(({ closed }) => !closed).length };
}

test.for([
  ['nothing', ''],
  ['a part of a request', 'GET /healthz HTTP/1.1\r\n'],
  [
    'a request and a part of its body',
    'POST /havefun HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{',
  ],
  ['a request that is answered', REQUEST],
] as const)(
  'connections that send %s make room for clients, those of the busiest address first',
  async ([, text], lab) => {
    const { app, url, hits } = await publicApp(lab, { connections: 100 });
    // By default Node ends an idle connection after five seconds.
    Object.assign(app.io.httpServer, { keepAliveTimeout: 60_000 });
    const client = await lab.liveClient(url, { thread_id: THREAD, transport: 'websocket' });
    const polling = await lab.liveClient(url, { thread_id: THREAD, transport: 'polling' });
    const few = await connections(lab, url, 5, '127.0.0.3', text);
    const many = await connections(lab, url, 200, '127.0.0.2', text);
    const newcomers = await Promise.all(
      range(1, 5).map((n) => lab.liveClient(url, { thread_id: `t${n}` })),
    );
    expect(many.left()).toBeLessThan(100);
    expect(few.left()).toBe(5);
    expect(hits()[0]).toBe('connections');
    await app.sessions.publish(THREAD, EVENT, { n: 1 });
    await until('seen', () => client.seen.length === 1 && polling.seen.length === 1);
    const all = [client, polling, ...newcomers];
    expect(all.flatMap(({ errors }) => errors)).toEqual([]);
    expect(all.map(({ receipts }) => receipts.length)).toEqual(all.map(() => 1));
  },
);

test('a connection that sends requests and waits for no answer is closed', async (lab) => {
  const { url, hits } = await publicApp(lab, {});
  const few = new RawConnection(lab, url);
  few.write(REQUEST.repeat(10));
  expect((await few.received(10)).map(({ status }) => status)).toEqual(Array(10).fill(200));
  const many = new RawConnection(lab, url, '127.0.0.2');
  many.write(REQUEST.repeat(1_000));
  await until('closed', () => many.closed);
  expect([few.closed, hits()]).toEqual([false, ['requestsPerConnection']]);
});

test('a server that cannot make room refuses new clients for now, and a monitor waits as long as it is asked to', async (lab) => {
  const { url, hits } = await publicApp(lab, { connections: 60 });
  const clients = await Promise.all(
    range(1, 57).map((n) => lab.liveClient(url, { thread_id: `t${n}`, transport: 'websocket' })),
  );
  const { status, headers, text } = await handshake(url);
  expect([status, headers['retry-after']]).toEqual([503, expect.stringMatching(/^[1-3]$/)]);
  expect(JSON.parse(text)).toMatchObject({ code: 'limit_reached' });
  const late = lab.client(url, { thread_id: THREAD, transport: 'polling' });
  let failures = 0;
  late.socket.on('connect_error', () => (failures += 1));
  await until('refused', () => failures === 1);
  // Socket.IO by itself would try again within 100 ms.
  expect(late.socket.active).toBe(false);
  for (const client of clients.slice(0, 5)) client.close();
  await untilLive(late);
  expect(failures).toBeLessThanOrEqual(2);
  expect(clients.slice(5).every(({ socket }) => socket.connected)).toBe(true);
  expect(hits()).toEqual(['connections']);
});
