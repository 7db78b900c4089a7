/** A page of the documentation in a real Chromium, from another origin than its server. */

import { expect } from 'vitest';
import { openContext, socketIoScript } from '../../support/browser.js';
import { serveFiles } from '../../support/file-server.js';
import type { Lab } from '../../support/lab.js';
import { until } from '../../support/until.js';

const WORDS = 'These words come from another origin.';

/** What is missing in a page that `openPage` is to open. */
export function checkPage(html: string): string | undefined {
  if (!html.includes('http://127.0.0.1:5001/session_monitor.js')) {
    return 'loads no http://127.0.0.1:5001/session_monitor.js: nothing can be tested of it';
  }
  if (!/thread_id: '[\w-]+'/.test(html) || !/const monitor = /.test(html)) {
    return "has no `const monitor = …` with a `thread_id: '…'`: the test looks at both";
  }
  return undefined;
}

/** Opens it as a file of a separate site. The page must get live and show a reply of its thread. */
export async function openPage(lab: Lab, html: string): Promise<void> {
  const app = await lab.app({
    async *responder() {
      for (const delta of WORDS.split(/(?= )/)) yield { type: 'message', delta };
    },
  });
  const own = html
    .replaceAll('http://127.0.0.1:5001', app.url)
    .replaceAll(/https:\/\/[^"']*\/socket\.io[^"']*\.js/g, '/socket.io.js')
    .replaceAll(/ integrity="[^"]*"/g, '');
  const site = await serveFiles(
    new Map([
      [
        '/',
        ['text/html; charset=utf-8', `<!doctype html>\n<link rel="icon" href="data:,">\n${own}`],
      ],
      ['/socket.io.js', ['text/javascript', await socketIoScript()]],
    ]),
  );
  lab.defer(() => site.close());
  const page = await (await openContext(lab)).newPage();
  const errors: string[] = [];
  page.on('pageerror', ({ message }) => errors.push(message));
  page.on('console', (line) => line.type() === 'error' && errors.push(line.text()));
  const foreign: string[] = [];
  await page.route(
    (url) => ![site.origin, app.url].includes(url.origin),
    (route) => {
      foreign.push(route.request().url());
      return route.abort();
    },
  );
  await page.goto(site.origin);
  const state = () => page.evaluate('monitor.status.state');
  await until('it is live', async () => (await state()) === 'live', { state });

  const [, thread_id = ''] = /thread_id: '([\w-]+)'/.exec(html) ?? [];
  const run = await app.sessions.sendMessage(thread_id, 'Is anyone there?');
  await run.result();
  const text = () => page.locator('body').innerText();
  await until('it shows the reply', async () => (await text()).includes(WORDS), { state: text });
  expect({ errors, foreign }).toEqual({ errors: [], foreign: [] });
}
