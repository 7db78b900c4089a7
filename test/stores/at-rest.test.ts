/** What a copy of the store tells: neither the secret of a session nor the instance of a monitor. */

import { dirname, join } from 'node:path';
import type { RegisterSession } from '@session-monitor/protocol';
import { expect } from 'vitest';
import {
  createStorage,
  EVENT,
  keepAway,
  type TestClient,
  TRANSPORT_CASES,
} from '../support/client.js';
import { filesOf } from '../support/files-of.js';
import { type Lab, test } from '../support/lab.js';
import type { RedisServer } from '../support/redis-server.js';
import type { ServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';

const THREAD = 'at-rest';

/** What clients have that claims a session, and the ids of their sessions. */
class Claims {
  readonly instances = new Set<string>();
  readonly secrets = new Set<string>();
  readonly sessions = new Set<string>();

  of({ socket, monitor }: TestClient): void {
    socket.onAnyOutgoing((event: string, request: RegisterSession) => {
      if (event === 'register_session') this.instances.add(request.instance);
    });
    monitor.on('registered', ({ session_id, session_secret }) => {
      this.sessions.add(session_id);
      this.secrets.add(session_secret);
    });
  }
}

/** Sessions that are new, resumed after a cut, taken over by a reloaded page, forked for a copied tab, and left. */
async function visit(lab: Lab, server: ServerProcess): Promise<Claims> {
  const claims = new Claims();
  const proxy = await lab.proxy(server.port);
  const enter = async (storage = createStorage(), index = 0) => {
    const transport = TRANSPORT_CASES[index % TRANSPORT_CASES.length] ?? 'upgrade';
    const options = { thread_id: THREAD, storage, transport, pingInterval: 200, idle: true };
    const client = lab.client(proxy.url, options);
    claims.of(client);
    client.monitor.start();
    await until('it is live', () => client.monitor.status.state === 'live');
    return client;
  };
  const storages = [0, 1, 2].map(() => createStorage());
  const clients = await Promise.all(storages.map((storage, index) => enter(storage, index)));
  const [first = createStorage()] = storages;
  const copies = await Promise.all([0, 1, 2].map((index) => enter(first.copy(), index)));
  expect(copies.map(({ receipts }) => receipts[0]?.outcome)).toEqual([
    'forked',
    'forked',
    'forked',
  ]);
  const all = [...clients, ...copies];
  // A session whose client has acknowledged nothing leaves no record.
  await server.publish(THREAD, EVENT, { n: 0 });
  await until('all have the first', () => all.every(({ seen }) => seen.length > 0));
  for (const client of all) await keepAway(proxy, client);
  proxy.refusing = false;
  await until('all are back', () => all.every(({ receipts }) => receipts.length > 1));
  clients[0]?.close();
  const reloaded = await enter(first);
  expect(reloaded.receipts[0]).toMatchObject({
    outcome: 'resumed',
    session_id: clients[0]?.receipts[0]?.session_id,
  });
  lab.v1Client(server.url).socket.emit('register_session', { thread_id: THREAD });
  await server.publish(THREAD, EVENT, { n: 1 });
  await until('all have it', () =>
    [...all.slice(1), reloaded].every(({ seen }) => seen.at(-1) === 1),
  );
  expect([claims.instances.size, claims.secrets.size, claims.sessions.size]).toEqual([7, 6, 6]);
  return claims;
}

/** Searches for each text, and for the ids of the sessions, which shows that the search finds what is there. */
function expectNoClaims(where: Readonly<Record<string, Buffer>>, claims: Claims): void {
  const holding = (text: string) =>
    Object.entries(where).flatMap(([name, bytes]) => (bytes.includes(text) ? name : []));
  for (const session_id of claims.sessions) expect(holding(session_id), session_id).not.toEqual([]);
  for (const text of [...claims.secrets, ...claims.instances]) expect(holding(text)).toEqual([]);
}

/** Every key, as the commands that read it show it. */
async function keysOf(redis: RedisServer): Promise<Readonly<Record<string, Buffer>>> {
  const readers: Readonly<Record<string, (key: string) => Promise<unknown>>> = {
    hash: (key) => redis.call('HGETALL', key),
    list: (key) => redis.call('LRANGE', key, 0, -1),
    set: (key) => redis.call('SMEMBERS', key),
    stream: (key) => redis.call('XRANGE', key, '-', '+'),
    string: (key) => redis.call('GET', key),
    zset: (key) => redis.call('ZRANGE', key, 0, -1),
  };
  const shown: Record<string, Buffer> = {};
  for (const key of (await redis.call('KEYS', '*')) as readonly string[]) {
    const type = String(await redis.call('TYPE', key));
    const value = await readers[type]?.(key);
    if (value === undefined) throw new Error(`The test reads no ${type}.`);
    shown[key] = Buffer.from(`${key} ${JSON.stringify(value)}`);
  }
  return shown;
}

test('the data directory of the embedded store holds no secret and no instance', async (lab) => {
  const path = await lab.folder();
  const server = await lab.server({ path, trace: { directory: join(path, 'trace') } });
  const claims = await visit(lab, server);
  expectNoClaims(filesOf(path), claims);
  expect(await server.stop()).toBe(0);
  expectNoClaims(filesOf(path), claims);
  // Neither does the session trace, which names every session.
  expectNoClaims(filesOf(join(path, 'trace')), claims);
});

test('Redis holds no secret and no instance, in its keys and in its files', async (lab) => {
  const redis = await lab.redis();
  const server = await lab.server({ redis: { url: redis.url } });
  const claims = await visit(lab, server);
  expectNoClaims(await keysOf(redis), claims);
  expect(await server.stop()).toBe(0);
  expectNoClaims(await keysOf(redis), claims);
  await redis.kill();
  expectNoClaims(filesOf(dirname(redis.socket)), claims);
});
