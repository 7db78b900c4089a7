/**
 * Connections that ask for an upgrade and hang up leave nothing behind, whatever they request and whatever they
 * carried before.
 */

import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { expect } from 'vitest';
import { attach } from '../support/attached.js';
import { type Lab, test } from '../support/lab.js';
import { times, until } from '../support/until.js';

const ROUNDS = 5_000;
const AT_A_TIME = 50;

/** The second request on a connection that has had an answer. */
const UPGRADES = {
  'another path': 'GET /x HTTP/1.1\r\nUpgrade: x\r\n',
  'the path without its slash':
    'GET /socket.io?EIO=4&transport=websocket HTTP/1.1\r\nUpgrade: websocket\r\n',
  'no WebSocket': 'GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nUpgrade: x\r\n',
  'an unknown connection':
    'GET /socket.io/?EIO=4&transport=websocket&sid=x HTTP/1.1\r\nUpgrade: websocket\r\n',
  'a foreign page':
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nUpgrade: websocket\r\nOrigin: https://evil.example\r\n',
  'a WebSocket without a key':
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nUpgrade: websocket\r\n',
};

test(`${ROUNDS} answered connections that ask for an upgrade to another path and hang up`, async (lab) => {
  const app = await lab.app();
  const before = descriptors();
  await abandon(app.url, UPGRADES['another path'], ROUNDS);
  await expectDescriptors(before);
  // It takes two seconds of computing, and several times that on a busy machine.
}, 60_000);

test.for(Object.entries(UPGRADES))('an upgrade is released: %s', async ([, upgrade], lab) => {
  const app = await lab.app();
  const before = descriptors();
  await abandon(app.url, upgrade, 200);
  await expectDescriptors(before);
});

test("on an app's own server, too, where the app's own upgrades are left alone", async (lab) => {
  const url = await ownServer(lab);
  const before = descriptors();
  await abandon(url, UPGRADES['another path'], 200);
  await expectDescriptors(before);

  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  lab.defer(() => socket.destroy());
  socket.write('GET /own HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: own\r\n\r\n');
  await once(socket, 'data');
  // Longer than an app has to answer.
  const answeredAt = performance.now();
  await until('the time to answer is over', () => performance.now() - answeredAt > 1_500);
  socket.write('still there?');
  expect(String((await once(socket, 'data'))[0])).toBe('still there?');
});

/** A plain HTTP server with Socket.IO and its own upgrade on /own, which echoes what it receives. */
async function ownServer(lab: Lab): Promise<string> {
  const { url, http } = await attach(lab);
  http.on('request', (_request, response) => response.end('ok'));
  http.on('upgrade', (request, socket) => {
    if (request.url !== '/own') return;
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: own\r\n\r\n');
    socket.pipe(socket);
  });
  return url;
}

/** Gets an answer on a connection, asks for an upgrade on the same one, and hangs up; so many times. */
async function abandon(url: string, upgrade: string, rounds: number): Promise<void> {
  const port = Number(new URL(url).port);
  for (let done = 0; done < rounds; done += AT_A_TIME) {
    await Promise.all(times(Math.min(AT_A_TIME, rounds - done), () => abandonOne(port, upgrade)));
  }
}

async function abandonOne(port: number, upgrade: string): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  await once(socket, 'data');
  const gone = once(socket, 'close');
  socket.end(
    `${upgrade}Host: 127.0.0.1\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  );
  await Promise.race([gone, new Promise((resolve) => setImmediate(resolve))]);
  socket.destroy();
  await gone;
}

/** Of this process: the server's and the clients'. */
const descriptors = (): number => readdirSync('/proc/self/fd').length;

async function expectDescriptors(before: number): Promise<void> {
  // Some that Node opens by itself, once.
  const spare = 5;
  await until('the descriptors are given back', () => descriptors() <= before + spare, {
    state: () => ({ before, now: descriptors() }),
    timeoutMs: 5_000,
  });
}
