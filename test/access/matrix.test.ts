/**
 * The access matrix: every route and every event of a socket, on four servers, with six credentials, on eight ways. Each
 * answer is what `policy.ts` says, nothing that is refused changes anything, and no secret shows where it must not.
 */

import { CLIENT_EVENTS } from '@session-monitor/protocol';
import { expect } from 'vitest';
import { serveAllRoutes } from '../support/all-routes.js';
import { filesOf } from '../support/files-of.js';
import { type Lab, test } from '../support/lab.js';
import { times, until } from '../support/until.js';
import { askEngine } from './ask-engine.js';
import { type Assets, askHttp } from './ask-http.js';
import { askSocket, openVictim } from './ask-socket.js';
import type { Asking } from './asking.js';
import { makeCredentials, secretsOf } from './credentials.js';
import { otherInterface } from './other-interface.js';
import { CREDENTIALS, type Credential, expected, WAYS, type Way } from './policy.js';
import { send } from './requests.js';
import { startServers } from './setups.js';
import {
  credentialsOf,
  KEPT,
  KNOWN_EVENTS,
  KNOWN_ROUTES,
  nameOf,
  TITLE,
  VERBS,
  type Verb,
  WRITTEN,
} from './verbs.js';

/** How many cells are asked at a time. */
const AT_A_TIME = 24;

interface Cell {
  readonly verb: Verb;
  readonly stage: Stage;
  readonly credential: Credential;
  readonly way: Way;
}

/** A server, what the right user has there, and what it has answered. */
type Stage = Awaited<ReturnType<typeof prepare>>;

/** The routes of a server as the table names them, and the path of one file of each page. */
async function routesOf(lab: Lab) {
  const { patterns } = await serveAllRoutes(lab);
  const named = (path: string) => path.replace(/^\/(demo|dashboard)\/.*/, '/$1/:asset');
  const assets = Object.fromEntries(patterns.map(({ path }) => [named(path), path]));
  return { names: patterns.map(({ method, path }) => `${method} ${named(path)}`), assets };
}

const sorted = (names: Iterable<string>) => [...new Set(names)].sort();

test('the table knows every route and every event', async (lab) => {
  const { names } = await routesOf(lab);
  expect(sorted(KNOWN_ROUTES)).toEqual(sorted(names));
  expect(sorted(KNOWN_EVENTS)).toEqual(sorted(Object.values(CLIENT_EVENTS)));
});

test('each caller gets what the policy says, and no secret shows', async (lab) => {
  const elsewhere = await otherInterface(lab);
  const credentials = await makeCredentials();
  const servers = await startServers(lab, credentials, elsewhere);
  const stages = await Promise.all(
    servers.map((server) => prepare({ server, credentials, credential: 'right', way: 'loopback' })),
  );
  const { assets } = await routesOf(lab);

  // Wrong keys of `/debug` close it for an address, also for the right key: that one comes first.
  const cells = [...CREDENTIALS].reverse().flatMap((credential) => {
    const verbs = VERBS.filter((verb) => credentialsOf(verb).includes(credential));
    const asked = stages.filter(({ asking }) => asking.server.askedWith.includes(credential));
    return asked.flatMap((stage) =>
      verbs.flatMap((verb) => WAYS.map((way) => ({ verb, stage, credential, way }))),
    );
  });
  console.info(`${cells.length} cells; the other interface is ${elsewhere.kind}`);
  expect(cells.length).toBeGreaterThanOrEqual(800);
  expect(await wrongOf(cells, assets)).toEqual([]);
  for (const stage of stages) await expectUntouched(stage);
  for (const stage of stages) await expectNoSecret(stage);
}, 120_000);

/** A thread that stays as it is, one that is written to, and a session. */
async function prepare(given: Omit<Asking, 'answers' | 'claims'>) {
  const asking = { ...given, answers: new Set<string>(), claims: new Set<string>() };
  for (const thread of [KEPT, WRITTEN]) {
    await askAsRightUser(asking, 'POST', `/threads/${thread}/events`, { event: 'note', data: 1 });
    await askAsRightUser(asking, 'PATCH', `/threads/${thread}`, { title: TITLE });
  }
  return { asking, victim: await openVictim(asking) };
}

async function askAsRightUser(
  { server, credentials }: Pick<Asking, 'server' | 'credentials'>,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const authorization = `Bearer ${credentials.tokens.right}`;
  const headers = { authorization, 'content-type': 'application/json' };
  const to = { host: '127.0.0.1', port: server.port, method, path, headers };
  const { status, text } = await send({ ...to, body: body && JSON.stringify(body) });
  expect([server.setup.name, method, path, status]).toEqual([server.setup.name, method, path, 200]);
  return JSON.parse(text);
}

/** The cells whose answer is not the expected one, in words. */
async function wrongOf(cells: readonly Cell[], assets: Assets): Promise<readonly string[]> {
  const wrong: string[] = [];
  const next = cells.values();
  const ask = async () => {
    for (const cell of next) {
      const { verb, stage, credential, way } = cell;
      const { setup } = stage.asking.server;
      const wanted = expected({ rule: verb, setup, credential, way });
      const got = await answerOf(cell, assets).catch(String);
      if (got !== wanted) {
        const name = [nameOf(verb), setup.name, `${credential} credential`, way].join(' | ');
        wrong.push(`${name} | expected ${wanted}, got ${got}`);
      }
    }
  };
  await Promise.all(times(AT_A_TIME, ask));
  return wrong;
}

function answerOf({ verb, stage, credential, way }: Cell, assets: Assets): Promise<string> {
  const asking = { ...stage.asking, credential, way };
  switch (verb.over) {
    case 'HTTP':
      return askHttp(verb, asking, assets);
    case 'Engine.IO':
      return askEngine(verb, asking);
    case 'Socket.IO':
      return askSocket(verb, asking, stage.victim);
  }
}

/** No refused request has written, erased or ended anything. */
async function expectUntouched({ asking, victim }: Stage): Promise<void> {
  const path = `/threads/${KEPT}`;
  expect(await askAsRightUser(asking, 'GET', path)).toMatchObject({ title: TITLE, head: 1 });
  await askAsRightUser(asking, 'POST', `${path}/events`, { event: 'note', data: 'last' });
  const frames = () => victim.talk.packets.filter((packet) => packet.includes('"thread_events"'));
  await until('the session goes on', () => frames().length > 0);
  expect(frames()).toEqual([expect.stringContaining('[["note","last"]]')]);
  victim.talk.end();
}

/** Neither the log nor an answer nor a file has a secret. Ids of sessions show that the search finds what is there. */
async function expectNoSecret({ asking, victim }: Stage): Promise<void> {
  const { server, credentials, claims, answers } = asking;
  const { setup, process, dataDir } = server;
  const keys = setup.debugKey === 'none' ? [] : [server.debugKey];
  const secrets = [...secretsOf(credentials), ...claims, ...keys];
  expect(claims.size).toBeGreaterThan(100);
  const search = (where: Readonly<Record<string, Buffer>>) => {
    const holding = (text: string) =>
      Object.entries(where).flatMap(([name, bytes]) => (bytes.includes(text) ? name : []));
    expect([setup.name, secrets.flatMap(holding)]).toEqual([setup.name, []]);
    return holding(victim.session_id);
  };
  expect(await process.signal('SIGTERM')).toBe(0);
  const found = search({
    log: Buffer.from(process.stdout + process.stderr),
    answers: Buffer.from([...answers].join('\n')),
    ...filesOf(dataDir),
  });
  expect(found).toContain('log');
  expect(found.some((name) => name.startsWith(dataDir))).toBe(true);
}
