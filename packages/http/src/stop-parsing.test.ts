import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { stopParsing } from './stop-parsing.js';

const REQUESTS = 500;

/** How many of the requests that arrive in one chunk reach the server, which cuts the connection at the third. */
async function reached(beforeTheCut: (socket: Socket) => void): Promise<number> {
  let count = 0;
  const server = createServer(({ socket }) => {
    count += 1;
    if (count !== 3) return;
    beforeTheCut(socket);
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => {});
  client.resume();
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(REQUESTS));
  await once(client, 'close');
  server.close();
  await once(server, 'close');
  return count;
}

test('nothing is parsed of a connection behind the request at which it is cut', async () => {
  expect(await reached(stopParsing)).toBe(3);
});

test('Node itself goes on with what it has read', async () => {
  expect(await reached(() => {})).toBeGreaterThan(100);
});
