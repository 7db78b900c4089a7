/** The smallest client: it follows a thread, without v1 and without the additions of SessionMonitor. */

import { ThreadFollower } from '@session-monitor/client';
import { io, type Socket } from 'socket.io-client';
import { describe, expect } from 'vitest';
import { EVENT } from '../support/client.js';
import { type Lab, test } from '../support/lab.js';
import { times, until } from '../support/until.js';
import { V1Backend } from '../support/v1-backend.js';

const THREAD = 'thread';
const OPTIONS = { thread_id: THREAD, storage: null, pingInterval: 200 } as const;

function connect(lab: Lab, url: string): Socket {
  const socket = io(url, { forceNew: true, reconnectionDelay: 20 });
  lab.defer(() => socket.disconnect());
  return socket;
}

describe('a ThreadFollower', () => {
  test('gives every event once and in order, through cuts and a dead connection', async (lab) => {
    const { app, proxy } = await lab.proxiedApp();
    const socket = connect(lab, proxy.url);
    const follower = new ThreadFollower(socket, OPTIONS);
    lab.defer(() => follower.stop());
    const [seen, heard]: [number[], number[]] = [[], []];
    follower.on<{ n: number }>(EVENT, ({ n }) => seen.push(n));
    socket.on(EVENT, ({ n }: { readonly n: number }) => heard.push(n));
    follower.start();
    const publish = async (from: number, to: number) => {
      for (let n = from; n <= to; n += 1) await app.sessions.publish(THREAD, EVENT, { n });
      await until('all of it', () => seen.length >= to, { state: () => follower.status });
    };
    await publish(1, 10);
    proxy.cut();
    await publish(11, 20);
    proxy.blackHole();
    await publish(21, 30);
    const all = times(30, (index) => index + 1);
    expect([seen, heard]).toEqual([all, all]);
    expect(follower.status).toMatchObject({ state: 'live', protocol: 2, offset: 30, gaps: 0 });
    expect(follower.status.reconnects).toBeGreaterThanOrEqual(2);
    follower.stop();
    expect([socket.listeners('thread_events'), socket.listenersAny()]).toEqual([[], []]);
  });

  test('reports a backend that does not speak v2, and keeps trying', async (lab) => {
    const backend = await V1Backend.start({ answers: 'acknowledgement' });
    lab.defer(() => backend.close());
    const follower = new ThreadFollower(connect(lab, backend.url), OPTIONS);
    lab.defer(() => follower.stop());
    const errors: object[] = [];
    follower.on('error', (error) => errors.push(error));
    follower.start();
    await until('asked twice', () => backend.payloads('register_session').length >= 2);
    expect(errors[0]).toMatchObject({
      code: 'protocol_error',
      message: expect.stringContaining('not of v2'),
    });
    expect(follower.status).toMatchObject({ state: 'registering', protocol: null });
  });
});
