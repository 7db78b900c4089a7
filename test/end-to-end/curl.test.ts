/** A conversation with curl alone, as docs/http.md describes it. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDemoResponder, type ThreadSummary } from '@session-monitor/server';
import { openLmdbStore } from '@session-monitor/server/lmdb';
import { expect } from 'vitest';
import { type Command, ROOT } from '../support/command.js';
import { type Lab, test } from '../support/lab.js';
import { parseSse } from '../support/run-reader.js';
import { nextMillisecond } from '../support/thread-list.js';
import { until } from '../support/until.js';

interface Part {
  readonly type: string;
  readonly delta?: string;
}

const JSON_BODY = ['-H', 'Content-Type: application/json'];

const curl = (lab: Lab, ...args: readonly string[]): Command =>
  lab.command('curl', ['--silent', '--show-error', '--no-buffer', ...args]);

/** What curl prints until it ends. */
async function printed(lab: Lab, ...args: readonly string[]): Promise<string> {
  const command = curl(lab, ...args);
  expect(await command.exitCode()).toBe(0);
  return command.stdout;
}

test('curl alone posts a message, loses the connection again and again, and misses nothing', async (lab) => {
  const responder = createDemoResponder({ partsPerSecond: 100, words: 120, exact: true });
  const app = await lab.app({
    responder,
    store: await openLmdbStore({ path: await lab.folder() }),
  });
  const question = { thread_id: 'curl', user_input: 'Why?', use_websocket: true, message_id: 'q1' };
  const ask = [`${app.url}/havefun`, ...JSON_BODY, '-d', JSON.stringify(question)];
  const events = `${app.url}/threads/curl/events`;

  let seen = parseSse('');
  for (const enough of [5, 40, 80]) {
    const last = seen.at(-1)?.id;
    const from = last === undefined ? [] : ['-H', `Last-Event-ID: ${last}`];
    const asking = curl(lab, ...ask, ...from);
    await until(
      'some parts are there',
      () => seen.length + parseSse(asking.stdout).length > enough,
    );
    await asking.signal('SIGKILL');
    seen = [...seen, ...parseSse(asking.stdout)];
  }
  const rest = await printed(lab, ...ask, '-H', `Last-Event-ID: ${seen.at(-1)?.id}`);
  seen = [...seen, ...parseSse(rest)];
  const parts = seen.map(({ data }) => JSON.parse(data));
  expect(parts.filter(({ type }) => type === 'message').map(({ index }) => index)).toEqual([
    ...Array(120).keys(),
  ]);
  expect(parts.at(-1)).toMatchObject({ type: 'run_finished', status: 'completed' });

  // The thread has the same events under the same cursors, as a stream and in pages.
  const following = curl(lab, events, '-H', `Last-Event-ID: ${seen[9]?.id}`);
  await until('it has followed', () => parseSse(following.stdout).length === seen.length - 10);
  expect(parseSse(following.stdout).map(({ id }) => id)).toEqual(
    seen.slice(10).map(({ id }) => id),
  );
  expect(parseSse(following.stdout).map(({ data }) => JSON.parse(data).data)).toEqual(
    parts.slice(10),
  );
  await until('it is compacted', () => app.sessions.stats().runs === 0);
  const accept = ['-H', 'Accept: application/json'];
  const page = JSON.parse(await printed(lab, `${events}?limit=1000`, ...accept));
  // A reader that starts after the end gets the text in one part.
  const read = page.events.map(({ data }: { data: Part }) => data);
  const isText = ({ type }: Part) => type === 'message';
  expect(read.filter((part: Part) => !isText(part))).toEqual(parts.filter((part) => !isText(part)));
  const text = parts.filter(isText).map(({ delta }) => delta);
  expect(read.filter(isText).map(({ delta }: Part) => delta)).toEqual([text.join('')]);

  // A follower receives what curl publishes.
  const note = { event: 'note', data: { text: 'Hello' }, message_id: 'n1' };
  const publish = [events, ...JSON_BODY, '-d', JSON.stringify(note)];
  const offset = parts.length + 1;
  for (const _ of ['once', 'again']) {
    expect(JSON.parse(await printed(lab, ...publish))).toEqual({ offset });
  }
  await until('received', () => parseSse(following.stdout).length === seen.length - 9);
  const heard = JSON.parse(parseSse(following.stdout).at(-1)?.data ?? '');
  expect(heard).toEqual({ offset, event: 'note', data: { text: 'Hello' } });
});

test('curl alone cancels a reply to its message', async (lab) => {
  const app = await lab.app({
    responder: createDemoResponder({ partsPerSecond: 50, words: 5_000, exact: true }),
  });
  const question = { thread_id: 'curl', user_input: 'Why?', use_websocket: true };
  const asking = curl(lab, `${app.url}/havefun`, ...JSON_BODY, '-d', JSON.stringify(question));
  const [, run_id] = await asking.says(/"run_id":"([\w-]+)"/);
  const cancel = `${app.url}/threads/curl/runs/${run_id}/cancel`;
  const answer = JSON.parse(await printed(lab, '-X', 'POST', cancel));
  expect(answer).toEqual({ run_id, status: 'cancelled' });
  expect(await asking.exitCode()).toBe(0);
  const end = JSON.parse(parseSse(asking.stdout).at(-1)?.data ?? '');
  expect(end).toMatchObject({ type: 'run_finished', status: 'cancelled' });
});

test('the snippets on the list of threads do what the page says', async (lab) => {
  const page = await readFile(join(ROOT, 'docs', 'http.md'), 'utf8');
  const section = page.slice(page.indexOf('## List the threads'));
  const [, snippet = ''] = /```sh\n([\s\S]*?)```/.exec(section) ?? [];
  expect(snippet.match(/^curl/gm)).toHaveLength(4);
  const responder = createDemoResponder({ partsPerSecond: 5_000, words: 3 });
  const app = await lab.app({ responder });
  for (const thread_id of ['other', 'curl']) {
    const question = { thread_id, user_input: 'What is a cursor?', use_websocket: true };
    await printed(lab, `${app.url}/havefun`, ...JSON_BODY, '-d', JSON.stringify(question));
    await nextMillisecond();
  }
  const first = await app.sessions.threads({ limit: 1 });
  const env = { URL: app.url, CURSOR: first.cursor ?? '' };
  // One answer a line.
  const script = `curl() { command curl --silent --show-error "$@" && echo; }\n${snippet}`;
  const shell = lab.command('sh', ['-c', script], { env });
  expect(await shell.exitCode()).toBe(0);
  const [all, rest, one, named] = shell.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(all.threads.map(({ thread_id }: ThreadSummary) => thread_id)).toEqual(['curl', 'other']);
  expect(rest.threads.map(({ thread_id }: ThreadSummary) => thread_id)).toEqual(['other']);
  expect(one).toEqual(all.threads[0]);
  expect(one).toMatchObject({ title: 'What is a cursor?', running: false, metadata: {} });
  expect(named).toEqual({ ...one, title: 'Cursors', metadata: { folder: 'work' } });
  const [, shown = ''] = /```text\n([\s\S]*?)```/.exec(section) ?? [];
  const summary = Object.keys(JSON.parse(shown).threads[0]);
  expect(summary.sort()).toEqual(Object.keys(one).sort());
});
