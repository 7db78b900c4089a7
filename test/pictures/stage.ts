/**
 * Two servers on one Redis with users of all kinds: most are well, some have a proxy in between that cuts, strips upgrades or is
 * slow, one has an older client, one an expired token.
 */

import { join } from 'node:path';
import { createClient, type TestClient, untilLive } from '../support/client.js';
import { Command, ROOT, SERVE } from '../support/command.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { RedisServer } from '../support/redis-server.js';
import { signToken } from '../support/token.js';
import { times } from '../support/until.js';
import { createV1Client } from '../support/v1-client.js';
import { type Person, person } from './people.js';

const SECRET = 'a-secret-of-the-pictures-of-this-project';
const RESPONDER = join(ROOT, 'test', 'pictures', 'responder.mjs');
const AUTHORIZE = join(ROOT, 'test', 'access', 'authorize-hook.mjs');
const WELL = 64;
const AWAY = 22;
/** Each of those that are well asks again after so long, and some more. */
const ASK_EVERY_MS = 9_000;
const CUT_EVERY_MS = 3_400;

/** Users with something to see. */
const TROUBLED = {
  cut: { user_id: 'nora', thread_id: 'nora:visa', address: '198.51.100.23' },
  polling: { user_id: 'piet', thread_id: 'piet:lease', address: '198.51.100.77' },
  slow: { user_id: 'sven', thread_id: 'sven:thesis', address: '198.51.100.140' },
  old: { user_id: 'ada', thread_id: 'ada:letters', address: '198.51.100.166' },
  refused: { user_id: 'erik', thread_id: 'erik:wedding', address: '198.51.100.201' },
} as const satisfies Readonly<Record<string, Person>>;

export interface PicturesStage {
  /** The base URL of each server. */
  readonly urls: readonly [string, string];
  /** Those with something to see, and one of those that are well. */
  readonly people: Readonly<Record<keyof typeof TROUBLED | 'busy', Person>>;
  /** The token of an operator with all rights. */
  readonly operator: string;
  /** Freezes the second server, or lets it go on. */
  freeze(isFrozen: boolean): void;
  /** Kills the first server. */
  kill(): Promise<unknown>;
  close(): Promise<void>;
}

export async function openStage(): Promise<PicturesStage> {
  const closings: (() => unknown)[] = [];
  const redis = await RedisServer.start({ appendfsync: 'no' });
  closings.push(() => redis.dispose());
  const start = async (NODE_NAME: string) => {
    const env = {
      ...{ PORT: '0', NODE_NAME, REDIS_URL: redis.url, REDIS_WAIVE: 'appendfsync' },
      ...{ AUTHORIZE, JWT_SECRET: SECRET, RESPONDER, TRUST_PROXY: 'yes', LOG_LEVEL: 'error' },
      ...{ DASHBOARD_ACTIONS: 'on', DEBUG_PAYLOADS: 'on', LIMIT_HANDSHAKES_PER_SECOND: '1000' },
      PING_INTERVAL_MS: '5000',
    };
    const server = new Command(process.execPath, SERVE, { env });
    closings.push(() => server.signal('SIGKILL'));
    const [, url = ''] = await server.says(/Session Monitor\s+(http:\S+)/);
    return { server, url };
  };
  const [first, second] = await Promise.all([start('eu-1'), start('eu-2')]);
  const urls = [first.url, second.url] as const;
  const join = async (url: string, user: Person, transport?: 'websocket' | 'polling') => {
    const client = await follow(url, user, transport);
    closings.push(() => client.close());
    return client;
  };
  const open = (url: string, index: number, transport?: 'websocket' | 'polling') =>
    join(url, person(index), transport);
  const proxy = async () => {
    const made = await FaultProxy.to(first.url);
    closings.push(() => made.close());
    return made;
  };

  const [cutting, stripping, slow] = [await proxy(), await proxy(), await proxy()];
  stripping.refuseUpgrades = true;
  const well = await Promise.all(
    times(WELL, (index) => open(urls[index % 2] ?? first.url, index, transportOf(index))),
  );
  const leaving = await proxy();
  await Promise.all(times(AWAY, (index) => open(leaving.url, WELL + index)));
  leaving.refusing = true;
  leaving.cut();
  await join(cutting.url, TROUBLED.cut, 'websocket');
  await join(stripping.url, TROUBLED.polling);
  const reader = await join(slow.url, TROUBLED.slow, 'websocket');
  const ticks = [
    setInterval(() => cutting.cut(), CUT_EVERY_MS),
    ...well.slice(0, 40).map((client, index) => askAgainAndAgain(client, index)),
    askAgainAndAgain(reader, 1, 12_000),
  ];
  closings.push(() => ticks.forEach(clearInterval));
  slow.change({ sliceBytes: 320, sliceEveryMs: 100 });

  const { old: older } = TROUBLED;
  const old = createV1Client(first.url, 'websocket', {
    auth: { token: await signToken({ sub: older.user_id }, SECRET) },
    extraHeaders: { 'x-forwarded-for': older.address },
  });
  closings.push(() => old.socket.disconnect());
  await old.register(older.thread_id, { user_id: older.user_id });
  const { refused } = TROUBLED;
  const expired = createClient(first.url, {
    thread_id: refused.thread_id,
    token: await signToken({ sub: refused.user_id }, SECRET, -40),
    transport: 'websocket',
    socket: { extraHeaders: { 'x-forwarded-for': refused.address } },
  });
  closings.push(() => expired.close());

  return {
    urls,
    people: { ...TROUBLED, busy: person(0) },
    operator: await signToken({ sub: 'olga', admin: true, payloads: true }, SECRET),
    freeze: (isFrozen) => process.kill(second.server.pid, isFrozen ? 'SIGSTOP' : 'SIGCONT'),
    kill: () => first.server.signal('SIGKILL'),
    async close() {
      for (const closing of closings.reverse()) await closing();
    },
  };
}

async function follow(
  url: string,
  { user_id, thread_id, address }: Person,
  transport?: 'websocket' | 'polling',
): Promise<TestClient> {
  const client = createClient(url, {
    thread_id,
    user_id,
    token: await signToken({ sub: user_id }, SECRET),
    ...(transport && { transport }),
    socket: { extraHeaders: { 'x-forwarded-for': address } },
  });
  await untilLive(client);
  return client;
}

const transportOf = (index: number) =>
  index % 9 === 4 ? ('polling' as const) : ('websocket' as const);

function askAgainAndAgain(
  { monitor }: TestClient,
  index: number,
  everyMs = ASK_EVERY_MS + index * 400,
): NodeJS.Timeout {
  let count = 0;
  const ask = () => {
    count += 1;
    const words = index % 13 === 5 && count === 1 ? 'Please fail' : `What is a cursor? ${count}`;
    // Some of them are refused: a thread has only so many replies at a time.
    monitor.sendMessage(words).catch(() => {});
    if (index % 11 === 3) setTimeout(() => void monitor.cancel().catch(() => {}), 1_500);
  };
  ask();
  if (index === 0) ask();
  return setInterval(ask, everyMs);
}
