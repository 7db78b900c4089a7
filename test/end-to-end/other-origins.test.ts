/**
 * The README's page, in a real Chromium, on foreign origins. It works from another port of this machine. From other
 * hosts it gets nothing: the page reports that, and the log says what to change.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { openContext, socketIoScript } from '../support/browser.js';
import { EVENT } from '../support/client.js';
import { ROOT } from '../support/command.js';
import { serveFiles } from '../support/file-server.js';
import { type Lab, test } from '../support/lab.js';
import { range, until } from '../support/until.js';

/** The README's snippet, with this server's address in place of the one that it names. */
async function snippet(url: string): Promise<string> {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  const [, html] = /```html\n([\s\S]*?)```/.exec(readme) ?? [];
  if (html === undefined) throw new Error('README.md has no page.');
  return `<!doctype html><body>${html.replaceAll('http://127.0.0.1:5001', url)}`;
}

async function stage(lab: Lab) {
  const { app, lines } = await lab.loggedApp();
  const html = await snippet(app.url);
  const context = await openContext(lab);
  const page = await context.newPage();
  const said: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  // The page's first script comes from elsewhere in the world.
  await page.route('https://cdn.socket.io/**', async (route) => {
    await route.fulfill({ contentType: 'text/javascript', body: await socketIoScript() });
  });
  const site = await serveFiles(new Map([['/', ['text/html', html]]]));
  lab.defer(() => site.close());
  const publish = async () => {
    for (const n of range(0, 4)) {
      await app.sessions.publish('my-thread', EVENT, { delta: `word${n} ` });
    }
  };
  const warnings = () => lines.filter(({ level }) => level >= 40);
  return { app, html, page, said, site, publish, warnings };
}

const textOf = (page: Page) => page.evaluate(() => document.body.innerText);

test.for(['localhost', '127.0.0.1'])('a page of another port of %s follows', async (host, lab) => {
  const { page, site, publish, said, warnings } = await stage(lab);
  await publish();
  await page.goto(site.origin.replace('127.0.0.1', host));
  await until('the words', async () => (await textOf(page)).includes('word4'));
  await publish();
  const words = async () => (await textOf(page)).match(/word\d/g)?.length;
  await until('more words', async () => (await words()) === 10);
  expect([said, warnings()]).toEqual([[], []]);
});

test('a page of another host gets nothing: the log says so once, with the cure, and the page says it', async (lab) => {
  const { app, page, site, publish, said, warnings } = await stage(lab);
  await publish();
  const origin = site.origin.replace('127.0.0.1', 'evil.example');
  await page.goto(origin);
  await isTold(page, said);
  // The page has retried by then.
  await until('the second refusal', () => said.filter((line) => line.includes('CORS')).length > 1);
  expect(warnings()).toMatchObject([
    { origin, msg: expect.stringContaining("List the page's origin (ORIGINS") },
  ]);
  expect(await textOf(page)).not.toContain('word');
  expect(app.sessions.stats()).toMatchObject({ sessions: 0, connections: 0 });
});

test('a page that is a file gets nothing either', async (lab) => {
  const { page, html, publish, said, warnings } = await stage(lab);
  await publish();
  const file = join(await lab.folder(), 'index.html');
  await writeFile(file, html);
  await page.goto(pathToFileURL(file).href);
  await isTold(page, said);
  expect(warnings()).toMatchObject([{ origin: 'null' }]);
  expect(warnings()[0]?.msg).toContain('proxy_set_header Host');
  expect(await textOf(page)).not.toContain('word');
});

/** The reason on the console, for a user, and the reason that an app can show. */
async function isTold(page: Page, said: readonly string[]): Promise<void> {
  const words = /^\[SessionMonitor\] no_connection: (.*)$/;
  const line = await until('told', () => said.find((each) => words.test(each)), {
    state: () => said,
  });
  expect(words.exec(line)?.[1]).toBe(
    'The server cannot be reached, or it refuses pages of this origin (xhr poll error).',
  );
  const status = await page.evaluate('monitor.status');
  expect(status).toMatchObject({ state: 'connecting', reason: words.exec(line)?.[1] });
}
