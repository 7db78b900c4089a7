/** The handler in every supported framework: real packages, below a path, behind the usual middleware. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SessionMonitor } from '@session-monitor/client';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, expect } from 'vitest';
import { jsonPost as json } from '../support/json.js';
import { Lab, test } from '../support/lab.js';
import { ROOT } from '../support/root.js';
import { until } from '../support/until.js';
import { Project } from './project.js';

const FIXTURES = join(ROOT, 'test', 'install', 'mounting');
const FRAMEWORKS = [
  'express@5 express4@npm:express@4 compression helmet koa hono @hono/node-server fastify reflect-metadata rxjs',
  '@nestjs/core @nestjs/common @nestjs/platform-express @nestjs/platform-fastify',
].join(' ');

const shared = new Lab();
let project: Project;

beforeAll(async () => {
  project = await Project.create(shared);
  await project.npm('npm install socket.io @session-monitor/server @session-monitor/http');
  await project.npm(`npm install ${FRAMEWORKS}`);
  for (const name of readdirSync(FIXTURES)) {
    project.write(name, readFileSync(join(FIXTURES, name), 'utf8'));
  }
}, 180_000);

afterAll(() => shared.close());

const SERVERS: readonly (readonly [name: string, ...args: string[]])[] = [
  ['node:http', 'node.mjs'],
  ['Express 5', 'express.mjs', 'express'],
  ['Express 4', 'express.mjs', 'express4'],
  ['Express without a mount path', 'express-unmounted.mjs'],
  ['Koa', 'koa.mjs'],
  ['Hono', 'hono.mjs'],
  ['Fastify', 'fastify.mjs'],
  ['Nest on Express', 'nest.mjs', 'express'],
  ['Nest on Fastify', 'nest.mjs', 'fastify'],
];

test.for(SERVERS)(
  '%s',
  async ([, ...args], lab) => {
    const server = project.start('node', args);
    lab.defer(() => server.signal('SIGKILL'));
    const [, url = ''] = await server.says(/(http:\/\/127\.0\.0\.1:\d+)/);
    const at = (path: string, init?: RequestInit) => fetch(`${url}/chat${path}`, init);

    // A reply arrives word by word through any compression.
    const asked = await at(
      '/havefun',
      json({ user_input: 'w', thread_id: 't', use_websocket: true }),
    );
    expect([asked.status, asked.headers.get('content-encoding')]).toEqual([200, null]);
    const arrivals = await arrivalsOf(asked);
    expect(arrivals.text).toContain('"status":"completed"');
    expect(arrivals.count).toBeGreaterThan(3);

    // Publishing, reading, cancelling and erasing work, also after a body parser.
    expect(
      await (await at('/threads/t/events', json({ event: 'note', data: { n: 1 } }))).json(),
    ).toEqual({ offset: 9 });
    const page = await at('/threads/t/events', { headers: { accept: 'application/json' } });
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await page.json()).toMatchObject({ head: 9, more: false });
    expect((await at('/threads/t/runs/none/cancel', { method: 'POST' })).status).toBe(404);

    // The handler answers bad input. The app answers foreign paths.
    expect((await at('/havefun', { ...json({}), headers: {} })).status).toBe(415);
    expect(await codeOf(at('/havefun', json({ user_input: 7, thread_id: 't' })))).toBe(
      'bad_request',
    );
    expect(await codeOf(at('/havefun', { method: 'PUT' }))).toBe('method_not_allowed');
    expect((await at('/havefun', { method: 'OPTIONS', headers: preflight(url) })).status).toBe(204);
    const elsewhere = await Promise.all(
      ['/havefun', '/chat/nothing', '/'].map((path) => fetch(url + path)),
    );
    expect(await Promise.all(elsewhere.map((each) => each.text()))).toSatisfy((texts: string[]) =>
      texts.every((text) => /the app's own 404|Cannot GET|There is nothing here/.test(text)),
    );
    expect(await (await at('/healthz')).json()).toMatchObject({ status: 'ok' });
    expect((await at('/readyz')).status).toBe(200);
    expect((await at('/debug/all-sessions')).status).toBe(200);
    expect(await (await at('/session_monitor.js')).text()).toContain('SessionMonitor');
    // prom-client is not installed: the answer says so.
    const metrics = await at('/metrics');
    expect([metrics.status, await metrics.text()]).toEqual([
      501,
      expect.stringMatching(/"code":"peer_missing".*npm install prom-client/),
    ]);
    const foreign = json({ event: 'note', data: 1 }, { origin: 'https://evil.example' });
    expect((await at('/threads/t/events', foreign)).status).toBe(403);

    // A client learns from its receipt where to post.
    const socket = io(url, { forceNew: true });
    lab.defer(() => socket.disconnect());
    const monitor = new SessionMonitor(socket, { thread_id: 't2', storage: null }).start();
    const words: string[] = [];
    monitor.on<{ delta: string }>('message', ({ delta }) => words.push(delta));
    expect(await monitor.sendMessage('x')).toMatchObject({ run_id: expect.any(String) });
    await until('the reply is there', () => monitor.status.runs.at(-1)?.state === 'completed');
    expect(words.join('')).toBe('x1 x2 x3 x4 x5 x6 ');
    expect((await at('/threads/t2', { method: 'DELETE' })).status).toBe(204);
    // The only log lines are about the foreign page.
    expect(server.stderr).toMatch(
      /^\[session-monitor\] A page of another origin was refused[^\n]*\n$/,
    );
  },
  60_000,
);

const preflight = (origin: string) => ({
  origin,
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'content-type',
});

async function codeOf(answer: Promise<Response>): Promise<string> {
  return ((await (await answer).json()) as { error: { code: string } }).error.code;
}

/** The text of a stream, and its number of chunks. */
async function arrivalsOf(response: Response): Promise<{ text: string; count: number }> {
  let text = '';
  let count = 0;
  for await (const chunk of response.body ?? []) {
    text += new TextDecoder().decode(chunk);
    count += 1;
  }
  return { text, count };
}
