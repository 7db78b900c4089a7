/** Debian's Chromium, headless, driven by playwright-core. */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A page that a test makes up counts as public, and may then open no WebSocket to this machine.
  '--disable-features=LocalNetworkAccessChecks',
];

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGUMENTS });

/** Serves an HTML page of the test's own, and Socket.IO's client, from the server's origin. */
export async function servePage(page: Page, path: string, html: string): Promise<void> {
  const client = createRequire(import.meta.url).resolve('socket.io-client/dist/socket.io.js');
  const script = await readFile(client, 'utf8');
  await page.route(`**${path}`, (route) => route.fulfill({ contentType: 'text/html', body: html }));
  await page.route('**/socket.io.js', (route) =>
    route.fulfill({ contentType: 'text/javascript', body: script }),
  );
}
