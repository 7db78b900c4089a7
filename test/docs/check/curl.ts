/** Runs the `curl` commands of a page, in order, against a server that has the threads which they name. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDemoResponder } from '@session-monitor/server';
import type { TestApp } from '../../support/app.js';
import type { Lab } from '../../support/lab.js';
import { until } from '../../support/until.js';
import { type Block, problemAt } from '../support/blocks.js';
import type { ShellCommand } from './shell.js';

type Line = readonly [Block, ShellCommand];

/** Every address in a page is the product's server, behind a proxy or not. */
const SERVER = /https?:\/\/(127\.0\.0\.1|localhost|[\w.-]*\bexample\.(com|org))(:\d+)?/g;
const THREAD = /\/threads\/([\w-]+)|"thread_id": *"([\w-]+)"/g;
/** A session that is followed. */
const SESSION = 'SESSION_ID';
/** A cursor in a page is cut short. */
const CURSOR = /[\w.]+…[\w.…]*/g;

/** Threads that a list of threads has, so that it has a second page. */
const LISTED = ['first', 'second'];

/** Resolves with the commands that are not answered below 400. */
export async function runCurl(lab: Lab, lines: readonly Line[]): Promise<readonly string[]> {
  // Replies go on until the end: a page cancels them.
  const responder = createDemoResponder({ partsPerSecond: 20, words: 5_000 });
  const app = await lab.app({ responder });
  const variables: Record<string, string> = {
    TOKEN: 'token',
    URL: app.url,
    CURSOR: await listCursorOf(app),
  };
  const threads = new Set(LISTED);
  const problems: string[] = [];
  for (const [block, { env, words, source, before }] of lines) {
    const atServer = source.replaceAll(SERVER, app.url);
    const command = atServer.includes(SESSION)
      ? atServer.replaceAll(SESSION, await sessionOn(lab, app))
      : atServer;
    if (words.length === 0) {
      for (const [name, value] of Object.entries(env)) {
        variables[name] = value.replaceAll(SERVER, app.url);
      }
    } else if (words[0] === 'curl') {
      const thread_id = threadIn(command);
      if (thread_id !== undefined) {
        threads.add(thread_id);
        variables.RUN_ID = await runOn(app, thread_id);
      }
      const cursor = thread_id === undefined ? '' : await cursorOf(app, thread_id);
      const status = await answerTo(lab, command.replaceAll(CURSOR, cursor), variables);
      if (status >= 400) {
        problems.push(problemAt(block, `was answered ${status}: ${source}`, before + 1));
      }
    }
  }
  await Promise.all([...threads].map((thread_id) => app.sessions.deleteThread(thread_id)));
  return problems;
}

function threadIn(command: string): string | undefined {
  const [, inPath, inBody] = [...command.matchAll(THREAD)].at(-1) ?? [];
  return inPath ?? inBody;
}

async function sessionOn(lab: Lab, app: TestApp): Promise<string> {
  const { receipts } = await lab.liveClient(app.url, { thread_id: 'followed' });
  return receipts[0]?.session_id ?? '';
}

/** Creates what a command reads or cancels: a reply that is being written. */
async function runOn(app: TestApp, thread_id: string): Promise<string> {
  const runs = await app.sessions.runs(thread_id);
  const running = runs.find(({ status }) => status === 'running');
  return (running ?? (await app.sessions.sendMessage(thread_id, 'What is a cursor?'))).run_id;
}

/** Where the second page of the list of threads begins. */
async function listCursorOf(app: TestApp): Promise<string> {
  for (const thread_id of LISTED) await runOn(app, thread_id);
  const response = await fetch(`${app.url}/threads?limit=1`);
  return ((await response.json()) as { cursor: string }).cursor;
}

async function cursorOf(app: TestApp, thread_id: string): Promise<string> {
  const headers = { accept: 'application/json' };
  const response = await fetch(`${app.url}/threads/${thread_id}/events?limit=1`, { headers });
  return ((await response.json()) as { cursor: string }).cursor;
}

/** @returns the status of the answer, which is there before its body: a stream has no end */
async function answerTo(
  lab: Lab,
  command: string,
  variables: Record<string, string>,
): Promise<number> {
  const headers = join(await lab.folder(), 'headers');
  const curl = `curl() { command curl --silent --show-error --dump-header ${headers} "$@"; }`;
  // Bash would read the user's start-up file, because its standard input is a socket.
  const running = lab.command('bash', ['--norc', '-c', `${curl}\n${command}`], { env: variables });
  const text = await until(
    `an answer to ${command}`,
    () => {
      const said = existsSync(headers) ? readFileSync(headers, 'utf8') : '';
      if (said.includes('\r\n\r\n')) return said;
      if (running.ended) throw new Error(`${command} has ended: ${running.stderr}`);
      return false;
    },
    { state: () => running.stderr },
  );
  await running.signal('SIGKILL');
  return Number(/^HTTP\/\S+ (\d+)/.exec(text)?.[1]);
}
