/** One run: opens the sessions, kills the server, starts it again, and waits for the sessions. */

import type { Figures } from '../attack/judge.js';
import { AttackedServer } from '../attack/server/attacked-server.js';
import { yieldToOthers } from '../attack/server/shares.js';
import { helper, type Say } from '../harness/program.js';
import type { TransportCase } from '../support/client.js';
import { Remote } from '../support/remote.js';
import { times, until } from '../support/until.js';
import type { HerdHandlers } from './clients/program.js';
import { figuresOf } from './figures.js';

export interface HerdOptions {
  readonly sessions: number;
  readonly addresses: number;
  readonly transport: TransportCase;
  /** Judges no latency: the clients need not yield to the server. */
  readonly short: boolean;
  /** The server comes back with another secret for tokens. */
  readonly refuse: boolean;
  readonly folder: string;
}

const PROCESSES = 2;
/** Sessions that are not live again by then count as missing. */
const RETURN_MS = 60_000;
const LOOK_EVERY_MS = 100;
/** Tokens of the herd are not signed with it. */
const OTHER_SECRET = 'a secret that signs no token of the herd';

type Clients = readonly Remote<HerdHandlers>[];

export async function runHerd(options: HerdOptions, say: Say): Promise<Figures> {
  const { folder, short } = options;
  const server = await AttackedServer.start({ folder });
  const clients = times(PROCESSES, () => new Remote<HerdHandlers>(helper('clients')));
  try {
    await Promise.all(clients.map(({ ready }) => ready));
    // They share the machine with the server, and must not slow it by that alone.
    if (!short) for (const { child } of clients) yieldToOthers(child.pid);
    await open(server, clients, options);
    say('All are live. The server is killed.');
    return await killUnder(server, clients, options);
  } finally {
    for (const { child } of clients) await child.end('SIGKILL');
    await server.stop();
  }
}

/** Resolves when all sessions are live, and the first events are acknowledged. */
async function open(
  { url }: AttackedServer,
  clients: Clients,
  { sessions, addresses, transport }: HerdOptions,
): Promise<void> {
  const shares = clients.map((client, index) => {
    const share = Math.floor((sessions + index) / clients.length);
    const plan = { url, name: `herd-${index + 1}`, sessions: share, addresses, transport };
    return client.ask('open', plan);
  });
  await Promise.all(shares);
  await Promise.all(clients.map((client) => client.ask('publish')));
}

async function killUnder(
  server: AttackedServer,
  clients: Clients,
  { sessions, refuse }: HerdOptions,
): Promise<Figures> {
  const killedAt = Date.now();
  await server.kill();
  await server.restart(refuse ? { AUTH_SECRET: OTHER_SECRET } : {});
  const upMs = Date.now() - killedAt;
  const awaited = async () => {
    const each = await Promise.all(clients.map((client) => client.ask('awaited', killedAt)));
    return each.reduce((sum, count) => sum + count, 0);
  };
  // Those that are missing then are in the figures.
  await until('each session is live again, or refused', async () => (await awaited()) === 0, {
    timeoutMs: RETURN_MS,
    everyMs: LOOK_EVERY_MS,
  }).catch(() => {});
  const waitedMs = Date.now() - killedAt;
  const loop = await server.loopDelay();
  const seen = await Promise.all(clients.map((client) => client.ask('settle', killedAt)));
  const { rejections, errors } = server.bugs();
  return {
    upMs,
    ...figuresOf(seen, { sessions, waitedMs }),
    loopP99Ms: loop.p99,
    loopMaxMs: loop.max,
    rssMb: server.figures?.rssMb ?? Number.NaN,
    rejections: rejections.length,
    internalErrors: errors.length,
  };
}
