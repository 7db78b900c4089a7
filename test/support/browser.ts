/** Debian's Chromium, headless, driven by playwright-core. */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import type { Lab } from './lab.js';

const FEATURES_OFF = [
  // A page that a test invents counts as public, and then may not open a WebSocket to this machine.
  'LocalNetworkAccessChecks',
  // What the address bar opens: pages of Chromium's own, loaded beside each of ours, and costlier than most.
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
];

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A page of another host is on this machine, too.
  '--host-resolver-rules=MAP *.example 127.0.0.1',
  `--disable-features=${FEATURES_OFF.join(',')}`,
];

/**
 * One browser for all tests of a process, because a start takes longer than most tests. It ends with the
 * process.
 */
let browser: Promise<Browser> | undefined;

/** A separate context for a test. It shares nothing with other tests, and closes with the test. */
export async function openContext(
  lab: Pick<Lab, 'defer'>,
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  browser ??= chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGUMENTS });
  const context = await (await browser).newContext(options);
  lab.defer(() => context.close());
  // A step times out before the test, so that the error names the step that got stuck.
  context.setDefaultTimeout(15_000);
  return context;
}

/** Socket.IO's client, as a script for pages. */
export const socketIoScript = (): Promise<string> =>
  readFile(createRequire(import.meta.url).resolve('socket.io-client/dist/socket.io.js'), 'utf8');

/** Serves an HTML page of the test, and Socket.IO's client, from the server's origin. */
export async function servePage(page: Page, path: string, html: string): Promise<void> {
  const script = await socketIoScript();
  await page.route(`**${path}`, (route) => route.fulfill({ contentType: 'text/html', body: html }));
  await page.route('**/socket.io.js', (route) =>
    route.fulfill({ contentType: 'text/javascript', body: script }),
  );
}
