/** Requests that a client sends ahead of the answers: a few are answered in order, too many end the connection. */

import { describe, expect } from 'vitest';
import { type Lab, test } from '../support/lab.js';
import { RawConnection } from '../support/raw-connection.js';
import { until } from '../support/until.js';

const get = (path: string, accept = 'application/json') =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: ${accept}\r\n\r\n`;

async function stage(lab: Lab) {
  const asked: string[] = [];
  const app = await lab.app({
    authorize: ({ thread_id }) => {
      asked.push(String(thread_id));
      return true;
    },
  });
  return { app, asked, connection: new RawConnection(lab, app.url) };
}

describe('a client that does not wait for answers', () => {
  test('gets them in order', async (lab) => {
    const { app, asked, connection } = await stage(lab);
    for (const name of ['a', 'b', 'c']) await app.sessions.publish(name, 'note', name);
    connection.write(['a', 'b', 'c'].map((name) => get(`/threads/${name}/events`)).join(''));
    const answers = await connection.received(3);
    expect(answers.map(({ rest }) => JSON.parse(rest).thread_id)).toEqual(['a', 'b', 'c']);
    expect(asked).toEqual(['a', 'b', 'c']);
  });

  test('has one request worked on at a time', async (lab) => {
    const { app, asked, connection } = await stage(lab);
    connection.write(
      get('/threads/stream/events', 'text/event-stream') + get('/threads/page/events'),
    );
    await connection.received(1);
    await app.sessions.publish('stream', 'note', 'here');
    await until('the stream goes on', () => connection.text.includes('"here"'));
    expect(asked).toEqual(['stream']);
  });

  test('is cut off if it sends too many', async (lab) => {
    const { app, asked, connection } = await stage(lab);
    const { requestsPerConnection: most } = app.sessions.internals.settings.limits;
    connection.write(get('/threads/page/events').repeat(most + 1));
    await until('the connection is closed', () => connection.closed);
    expect(asked.length).toBeLessThanOrEqual(1);
    expect(app.sessions.internals.hits.of('requestsPerConnection')).toBe(1);
  });

  test('is cut off if these are requests of Socket.IO', async (lab) => {
    const { app, connection } = await stage(lab);
    connection.write(get('/socket.io/?EIO=4&transport=polling').repeat(1_000));
    await until('the connection is closed', () => connection.closed);
    await until('the sockets have gone', () => app.io.engine.clientsCount === 0);
    expect(app.sessions.internals.hits.of('requestsPerConnection')).toBe(1);
  });

  test('may send any number, each after the answer before it', async (lab) => {
    const { app, connection } = await stage(lab);
    const { requestsPerConnection: most } = app.sessions.internals.settings.limits;
    for (let count = 1; count <= most + 2; count += 1) {
      connection.write(get('/healthz'));
      await connection.received(count);
    }
    expect(connection.closed).toBe(false);
  });
});
