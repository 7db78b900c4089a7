/** A HEAD is answered as a GET whose body stays away: also where the GET would be a stream without an end. */

import { expect } from 'vitest';
import { serveAllRoutes, THREAD } from '../support/all-routes.js';
import { test } from '../support/lab.js';
import { RawConnection } from '../support/raw-connection.js';

const ask = (method: string, path: string): string =>
  `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;

test('each route answers a HEAD, and the next request on the connection', async (lab) => {
  const { url, routes } = await serveAllRoutes(lab);
  const paths = routes.filter(({ method }) => method === 'GET').map(({ path }) => path);
  expect(paths.length).toBeGreaterThan(10);
  for (const path of paths) {
    const connection = new RawConnection(lab, url);
    connection.write(ask('HEAD', path));
    const [head] = await connection.received(1);
    connection.write(ask('GET', '/readyz'));
    const [, next] = await connection.received(2);
    // `/debug/websocket-sessions` wants a key, in development, too.
    expect([path, head?.status]).toEqual([path, path.includes('websocket') ? 401 : 200]);
    expect([path, head?.rest]).toEqual([path, '']);
    expect([path, next?.status, next?.rest]).toEqual([path, 200, '{"status":"ready"}']);
  }
});

test('a HEAD of a stream follows nothing', async (lab) => {
  const { url, sessions } = await serveAllRoutes(lab);
  const connection = new RawConnection(lab, url);
  connection.write(ask('HEAD', `/threads/${THREAD}/events`));
  const [head] = await connection.received(1);
  expect(head?.headers.get('content-type')).toContain('text/event-stream');
  expect(sessions.stats().threads).toBe(0);
});
