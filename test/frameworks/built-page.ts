/** A page as Vite builds it, in a real Chromium. */

import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { openContext } from '../support/browser.js';
import { ROOT } from '../support/command.js';
import { Lab } from '../support/lab.js';

const BASE = '/built/';

export interface OpenPage {
  readonly page: Page;
  /** Uncaught errors of the page, and the errors on its console. */
  readonly errors: readonly string[];
}

/**
 * Builds a project once for the tests of a `describe`, as its users do. Returns a function that opens
 * it in a separate context, at the server's origin.
 *
 * @param mode `development` for React's checks: StrictMode does nothing in production
 */
export function builtOnce(project: string, mode: 'production' | 'development' = 'production') {
  const shared = new Lab();
  let folder: string;
  beforeAll(async () => {
    folder = await shared.folder();
    const vite = join(ROOT, 'node_modules', '.bin', 'vite');
    const to = ['--outDir', folder, '--emptyOutDir', '--base', BASE];
    const how = ['--mode', mode, '--logLevel', 'error'];
    const env = { NODE_ENV: mode };
    const build = shared.command(vite, ['build', project, ...to, ...how], { env });
    expect([await build.exitCode(), build.stderr]).toEqual([0, '']);
  });
  afterAll(() => shared.close());

  return async (lab: Lab, origin: string, query = ''): Promise<OpenPage> => {
    const page = await (await openContext(lab)).newPage();
    const errors = errorsOf(page);
    await page.route(`${origin}${BASE}**`, (route) => {
      const path = new URL(route.request().url()).pathname.slice(BASE.length);
      return route.fulfill({ path: join(folder, path || 'index.html') });
    });
    await page.goto(`${origin}${BASE}${query}`);
    return { page, errors };
  };
}

function errorsOf(page: Page): readonly string[] {
  const errors: string[] = [];
  page.on('pageerror', ({ message }) => errors.push(message));
  page.on('console', (message) => {
    // A request that the network has cut is an error on the console, too, but not the page's fault.
    const isOfNetwork = /net::|^WebSocket connection/.test(message.text());
    if (message.type() === 'error' && !isOfNetwork) errors.push(message.text());
  });
  return errors;
}
