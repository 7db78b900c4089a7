import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { systemClock, systemEntropy } from '../../util/clock.js';
import { readAddress } from './address.js';
import { connect } from './connect.js';

const connectTo = (url: string) =>
  connect({ address: readAddress(url), name: 'test', clock: systemClock, entropy: systemEntropy });

async function listen(onSocket: (socket: Socket) => void) {
  const server = createServer(onSocket).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

test('a socket that emits two errors does not end the process', async () => {
  const { server, port } = await listen((socket) => socket.resume().on('error', () => {}));
  const connection = connectTo(`redis://127.0.0.1:${port}`);
  const { client } = connection;
  if (!(client instanceof Redis)) throw new Error('One server is no cluster.');
  await once(client, 'connect');
  const { stream } = client;
  stream.emit('error', new Error('the certificate is refused'));
  expect(() => stream.emit('error', new Error('alert: decode error'))).not.toThrow();
  await connection.close();
  server.close();
});

test.each(['redis', 'redis+cluster', 'redis+sentinel'])(
  'a client (%s) that is disconnected before it has connected has ended, and stays so',
  async (kind) => {
    const accepted: unknown[] = [];
    const { server, port } = await listen((socket) => {
      accepted.push(socket);
      socket.destroy();
    });
    const path = kind === 'redis+sentinel' ? '/main' : '';
    const connection = connectTo(`${kind}://127.0.0.1:${port}${path}`);
    await connection.close();
    const seen = accepted.length;
    // A later turn of the event loop: an attempt that was dropped does not go on.
    await new Promise((resolve) => setImmediate(resolve));
    expect(['end', 'close', 'disconnecting']).toContain(connection.client.status);
    expect(accepted.length).toBe(seen);
    server.close();
  },
);
