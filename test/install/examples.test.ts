/**
 * The examples with a server framework, as a user runs them: copied into an empty folder, installed, built, started. A
 * page in a real Chromium follows a reply; the server is killed in the middle of it and started again.
 */

import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { openContext } from '../support/browser.js';
import { freePort } from '../support/free-port.js';
import { Lab, test } from '../support/lab.js';
import { ROOT } from '../support/root.js';
import { until } from '../support/until.js';
import { Project } from './project.js';

interface Example {
  readonly folder: string;
  readonly build?: string;
  /** The file of `authorize`, and the program to start. */
  readonly source: string;
  readonly server: string;
  /** The path of its HTTP routes. */
  readonly base: string;
}

const EXAMPLES: Readonly<Record<string, Example>> = {
  Express: { folder: 'express', source: 'after/server.js', server: 'after/server.js', base: '' },
  Fastify: { folder: 'fastify', source: 'server.js', server: 'server.js', base: '/chat' },
  NestJS: {
    folder: 'nestjs',
    build: 'npx tsc',
    source: 'src/chat.gateway.ts',
    server: 'dist/main.js',
    base: '',
  },
};

const shared = new Lab();
let project: Project;

beforeAll(async () => {
  project = await Project.create(shared);
  await copy('express');
  // All of them use the page of the Express example.
  await project.in('express').npm('npx vite build after');
}, 180_000);

afterAll(() => shared.close());

async function copy(folder: string): Promise<void> {
  cpSync(join(ROOT, 'examples', folder), join(project.path, folder), { recursive: true });
  await project.in(folder).npm('npm install');
}

describe.each(Object.entries(EXAMPLES))('the %s example', (_name, example) => {
  test('keeps every word over SIGKILL in mid-reply, sends, cancels, and lists the thread', async (lab) => {
    const server = await startExample(lab, example);
    const base = server.url + example.base;
    const page = await (await openContext(lab)).newPage();
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    await page.goto(`${server.url}/?room=t`);
    await ask(page, 'Why?');
    await until('half a reply is there', async () => ((await shownOn(page))[0]?.words ?? 0) > 25);
    const [before] = await shownOn(page);
    await server.kill();
    await server.start();

    await until(
      'the page says how it ended',
      async () => {
        return (await shownOn(page))[0]?.state === 'interrupted';
      },
      { state: () => shownOn(page) },
    );
    const [after] = await shownOn(page);
    const text = firstReplyOf(await eventsOf(base));
    expect(after?.text).toBe(text);
    expect(text.startsWith(before?.text ?? '?')).toBe(true);

    // A message that is sent while the server is away arrives. A reload shows the same.
    await server.kill();
    await ask(page, 'And now?');
    await server.start();
    await until(
      'the next reply is whole',
      async () => {
        const [, next] = await shownOn(page);
        return next?.state === 'completed' && next.words > 100;
      },
      { timeoutMs: 30_000, state: () => shownOn(page) },
    );
    const shown = await shownOn(page);
    await page.reload();
    await until(
      'the same is there again',
      async () => JSON.stringify(await shownOn(page)) === JSON.stringify(shown),
    );
    expect(shown.length).toBe(2);

    // A cancel ends a reply, and the user's list has the thread.
    await ask(page, 'Enough?');
    await until('the last reply runs', async () => ((await shownOn(page))[2]?.words ?? 0) > 5);
    const runs = (await eventsOf(base)).filter(({ event }) => event === 'run_started');
    const cancel = `${base}/threads/t/runs/${runs.at(-1)?.data.run_id}/cancel`;
    expect(await (await fetch(cancel, { method: 'POST' })).json()).toMatchObject({
      status: 'cancelled',
    });
    await until('the page shows it', async () => (await shownOn(page))[2]?.state === 'cancelled');
    expect(await (await fetch(`${base}/threads`)).json()).toMatchObject({
      threads: [{ thread_id: 't', title: 'Why?', user_id: 'ada', running: false }],
    });
    expect(errors).toEqual([]);
  }, 240_000);
});

test('sessions take at most ten new lines on the server and five in the page', () => {
  const added = (file: string) => {
    const sides = ['before', 'after'].map((side) => join(ROOT, 'examples/express', side, file));
    const diff = ['diff', '--no-index', '--numstat', ...sides];
    return Number.parseInt(spawnSync('git', diff, { encoding: 'utf8' }).stdout, 10);
  };
  expect([added('server.js'), added('page.jsx')]).toEqual([8, 4]);
  expect(added('index.html')).toBeNaN();
});

async function startExample(lab: Lab, { folder, build, source, server }: Example) {
  if (folder !== 'express') await copy(folder);
  const place = project.in(folder);
  nameTheUser(join(place.path, source));
  if (build) await place.npm(build);
  const port = await freePort();
  const start = async () => {
    const command = place.start('node', [server], { PORT: String(port) });
    lab.defer(() => command.signal('SIGKILL'));
    await command.says(/http:\/\/\S+:\d+/);
    return command;
  };
  let running = await start();
  return {
    url: `http://127.0.0.1:${port}`,
    kill: () => running.signal('SIGKILL'),
    async start() {
      running = await start();
    },
  };
}

async function ask(page: Page, question: string): Promise<void> {
  await page.fill('input[name="question"]', question);
  await page.click('button');
}

const shownOn = (page: Page) =>
  page.$$eval('article', (articles) =>
    articles.map((article) => {
      const text = article.querySelector('p')?.textContent ?? '';
      return { state: article.dataset.state, text, words: text.split(' ').length };
    }),
  );

interface LogEvent {
  readonly event: string;
  readonly data: { readonly delta?: string; readonly run_id?: string };
}

/** What the server's log of the thread holds. */
async function eventsOf(base: string): Promise<readonly LogEvent[]> {
  const url = `${base}/threads/t/events?limit=1000`;
  const page = await fetch(url, { headers: { accept: 'application/json' } });
  return ((await page.json()) as { events: readonly LogEvent[] }).events;
}

/** The words of a thread that has one reply. */
const firstReplyOf = (events: readonly LogEvent[]): string =>
  events.map(({ event, data }) => (event === 'message' ? (data.delta ?? '') : '')).join('');

/** As docs/authorisation.md says, a list of threads belongs to a user. */
function nameTheUser(path: string): void {
  const source = readFileSync(path, 'utf8');
  const named = source.replace('authorize: () => true', "authorize: () => ({ user_id: 'ada' })");
  expect(named).not.toBe(source);
  writeFileSync(path, named);
}
