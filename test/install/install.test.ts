/** The packages, installed into an empty folder: they load, they compile, they bring few dependencies. */

import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { postMessage } from '../support/json.js';
import { Lab, test } from '../support/lab.js';
import { ROOT } from '../support/root.js';
import { Project } from './project.js';

const INSTALL_MS = 180_000;

/** Every entry of every package, but those that no program imports. */
function entries(): readonly string[] {
  const packages = readdirSync(join(ROOT, 'packages'));
  return packages.flatMap((name) => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8'));
    return Object.keys(manifest.exports)
      .filter((path) => !/\.(json|html|js)$/.test(path))
      .map((path) => manifest.name + path.slice(1));
  });
}

const ALL =
  'npm install session-monitor @session-monitor/protocol @session-monitor/client @session-monitor/testing ' +
  '@session-monitor/server @session-monitor/http @session-monitor/demo @session-monitor/dashboard';
const PEERS = 'socket.io socket.io-client lmdb ioredis openai react @opentelemetry/api';
const TYPES = 'typescript@5 typescript-7@npm:typescript@7 @types/node@22 @types/react';

describe('all packages', { timeout: INSTALL_MS }, () => {
  const shared = new Lab();
  let project: Project;

  beforeAll(async () => {
    project = await Project.create(shared, { unscoped: true });
    await project.npm(`${ALL} ${PEERS} --engine-strict`);
    // Fastify brings a package for newer Nodes only.
    await project.npm(`npm install fastify ${TYPES}`);
  }, INSTALL_MS);

  afterAll(() => shared.close());

  test('load with import and with require, on this Node and on newer ones', async (lab) => {
    const names = entries();
    expect(names.length).toBeGreaterThanOrEqual(15);
    const imports = names.map((name) => `await import('${name}');`).join('\n');
    project.write('load.mjs', `${imports}\nconsole.log('loaded', process.version);`);
    const requires = names.map((name) => `require('${name}');`).join('\n');
    project.write('load.cjs', `${requires}\nconsole.log('loaded', process.version);`);
    for (const file of ['load.mjs', 'load.cjs']) {
      expect(await project.run('node', [file])).toEqual({
        code: 0,
        said: `loaded ${process.version}\n`,
      });
    }
    const versions = ['22', '26'];
    const newer = await nodesOf(lab, versions);
    for (const [index, node] of newer.entries()) {
      for (const file of ['load.mjs', 'load.cjs']) {
        expect(await project.run(node, [file])).toMatchObject({
          code: 0,
          said: expect.stringMatching(new RegExp(`^loaded v${versions[index]}\\.`)),
        });
      }
    }
  });

  test('compile under strict TypeScript 5 and 7, with nodenext, and with bundler, without skipping libraries', async () => {
    const imports = entries().map(
      (name, index) => `import * as m${index} from '${name}';\nvoid m${index};`,
    );
    project.write('all.mts', imports.join('\n'));
    project.write('app.mts', TYPED_APP);
    for (const [compiler, module, resolution] of [
      ['typescript', 'nodenext', 'nodenext'],
      ['typescript-7', 'nodenext', 'nodenext'],
      ['typescript-7', 'esnext', 'bundler'],
    ] as const) {
      const tsc = join(project.path, 'node_modules', compiler, 'bin', 'tsc');
      const flags = ['--strict', '--noEmit', '--target', 'es2023', '--lib', 'es2023,dom'];
      const how = ['--module', module, '--moduleResolution', resolution, '--types', 'node'];
      const compiled = await project.run(tsc, [...flags, ...how, 'all.mts', 'app.mts']);
      expect(compiled, `${compiler}, ${resolution}`).toEqual({ code: 0, said: '' });
    }
  });
});

test(
  'the server brings at most 20 packages besides those of socket.io, and a store whose library is missing says what to install',
  async (lab) => {
    const project = await Project.create(lab);
    await project.npm('npm install socket.io');
    const before = countOf(project);
    await project.npm('npm install @session-monitor/server');
    const brought = countOf(project) - before;
    expect(brought).toBeGreaterThan(0);
    expect(brought).toBeLessThanOrEqual(20);

    project.write(
      'missing.mjs',
      `import { openLmdbStore } from '@session-monitor/server/lmdb';
import { openRedisStore } from '@session-monitor/server/redis';
for (const open of [() => openLmdbStore({ path: 'data' }), () => openRedisStore({ url: 'redis://127.0.0.1:1' })]) {
  await open().catch(({ code, message }) => console.log(code, message));
}`,
    );
    const { code, said } = await project.run('node', ['missing.mjs']);
    expect([code, said.split('\n')]).toEqual([
      0,
      [
        "ERR_PEER_MISSING The embedded store needs the package 'lmdb', which is not installed: npm install lmdb",
        "ERR_PEER_MISSING The Redis store needs the package 'ioredis', which is not installed: npm install ioredis",
        '',
      ],
    ]);
  },
  INSTALL_MS,
);

test(
  'npx session-monitor serve is a whole server, with the demo and the dashboard',
  async (lab) => {
    const project = await Project.create(lab, { unscoped: true });
    await project.npm('npm install session-monitor');
    // prom-client brings the api of OpenTelemetry along. Package managers that hoist nothing hide it from the server.
    rmSync(join(project.path, 'node_modules', '@opentelemetry'), { recursive: true });
    const server = project.start(join(project.path, 'node_modules', '.bin', 'session-monitor'), [
      ...['serve', '--port', '0'],
    ]);
    const [, url = ''] = await server.says(/(http:\/\/127\.0\.0\.1:\d+)/);
    expect((await fetch(url)).headers.get('content-type')).toMatch(/^text\/html/);
    expect((await fetch(`${url}/dashboard`)).headers.get('content-type')).toMatch(/^text\/html/);
    expect((await fetch(`${url}/session_monitor.js`)).status).toBe(200);
    const answer = await postMessage(url, 't', 'Hello, in 3 words');
    expect(await answer.text()).toContain('"status":"completed"');
    expect(await server.signal('SIGINT')).toBe(0);
    expect(existsSync(join(project.path, 'data', 'data.mdb'))).toBe(true);
  },
  INSTALL_MS,
);

/** Packages that are installed, those within others included. */
function countOf({ path }: Project): number {
  const lock = JSON.parse(readFileSync(join(path, 'package-lock.json'), 'utf8'));
  return Object.entries<{ optional?: boolean; peer?: boolean }>(lock.packages).filter(
    ([name]) => name !== '' && existsSync(join(path, name)),
  ).length;
}

/** Newer Nodes: the packages that the npm package `node` installs, without its detour. */
async function nodesOf(lab: Lab, versions: readonly string[]): Promise<readonly string[]> {
  const project = await Project.create(lab);
  const { platform, arch } = process;
  const aliases = versions.map(
    (version) => `node${version}@npm:node-${platform}-${arch}@${version}`,
  );
  await project.npm(`npm install ${aliases.join(' ')}`);
  return versions.map((version) =>
    join(project.path, 'node_modules', `node${version}`, 'bin', 'node'),
  );
}

const TYPED_APP = `
import { createServer } from 'node:http';
import { SessionMonitor, threadView } from '@session-monitor/client';
import { createHandler } from '@session-monitor/http';
import { attachSessions, createMemoryStore, type Responder } from '@session-monitor/server';
import { Server } from 'socket.io';
import { io as connect, type Socket } from 'socket.io-client';

interface ServerEvents { note: (text: string) => void }
interface ClientEvents { ask: (text: string, answered: (ok: boolean) => void) => void }

const responder: Responder = async function* ({ user_input }, { signal }) {
  signal.throwIfAborted();
  yield { type: 'analysis', text: user_input };
  yield 'Hello';
};
const io = new Server<ClientEvents, ServerEvents>(createServer());
const sessions = attachSessions(io, { store: createMemoryStore(), authorize: () => true, responder });
const inNamespace = attachSessions(io.of('/chat'), { store: createMemoryStore(), authorize: () => true });
createServer(createHandler(sessions, { basePath: '/chat' }));
const run = await inNamespace.run('t', { message: 'Hello' }, async function* ({ signal }) {
  if (!signal.aborted) yield 'word';
});
const { status, text }: { status: string; text: string } = await run.result();
for await (const entry of sessions.read('t')) if (entry.type === 'event') console.log(entry.event, entry.data);

const socket: Socket<ServerEvents, ClientEvents> = connect();
const monitor = new SessionMonitor<{ message: { delta: string } }>(socket, { thread_id: 't' }).start();
monitor.on('message', ({ delta }) => delta.length + status.length + text.length);
threadView(monitor).subscribe(({ replies }) => replies.length);
`;
