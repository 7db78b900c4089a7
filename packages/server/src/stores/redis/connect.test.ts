import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { readAddress } from './address.js';
import { connect, disconnect } from './connect.js';

test('a socket that emits two errors does not end the process', async () => {
  const server = createServer((socket) => socket.resume().on('error', () => {})).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect(readAddress(`redis://127.0.0.1:${port}`), 'test');
  if (!(client instanceof Redis)) throw new Error('One server is no cluster.');
  await once(client, 'connect');
  const { stream } = client;
  stream.emit('error', new Error('the certificate is refused'));
  expect(() => stream.emit('error', new Error('alert: decode error'))).not.toThrow();
  await disconnect(client);
  server.close();
});
