/** The dashboard, as an operator sees it. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { openContext } from './browser.js';
import type { Lab } from './lab.js';
import { ROOT } from './root.js';
import { until } from './until.js';

export const WIDE: BrowserContextOptions = { viewport: { width: 1360, height: 860 } };
export const PHONE: BrowserContextOptions = { viewport: { width: 360, height: 740 } };
export const DARK: BrowserContextOptions = { ...WIDE, colorScheme: 'dark' };

export class DashboardDriver {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Exceptions of the page, and what its policy has refused. */
  readonly errors: string[] = [];
  readonly #url: string;

  private constructor(page: Page, url: string) {
    this.page = page;
    this.context = page.context();
    this.#url = url;
    page.on('pageerror', ({ message }) => this.errors.push(message));
    page.on('console', (message) => {
      // A request that is refused is an error on the console, too.
      if (/Content Security Policy|Trusted|React/.test(message.text())) {
        this.errors.push(message.text());
      }
    });
  }

  /** @param url of the server, with its base path */
  static async open(
    lab: Lab,
    url: string,
    hash = '#/',
    options: BrowserContextOptions = WIDE,
  ): Promise<DashboardDriver> {
    const context = await openContext(lab, options);
    const driver = new DashboardDriver(await context.newPage(), url);
    await driver.page.goto(`${url}/dashboard${hash}`);
    return driver;
  }

  /** Goes to another page of the dashboard. */
  async go(hash: string): Promise<void> {
    await this.page.goto(`${this.#url}/dashboard${hash}`);
  }

  /** The texts of all elements that fit, as they are seen. */
  texts(selector: string): Promise<readonly string[]> {
    return this.page.$$eval(selector, (elements) =>
      elements.map((element) => (element as HTMLElement).innerText.trim().replace(/\n+/g, '\n')),
    );
  }

  async text(selector: string): Promise<string> {
    return (await this.texts(selector)).join('\n');
  }

  /** Waits until an element has a text that matches. */
  async shows(selector: string, expected: RegExp): Promise<void> {
    await expect.poll(() => this.text(selector)).toMatch(expected);
  }

  async waits(what: string, condition: () => Promise<boolean>): Promise<void> {
    await until(what, condition, { state: () => this.text('body') });
  }

  /** The rows of the list of sessions that are in the document: the texts of some of their columns. */
  rows(...columns: readonly string[]): Promise<readonly (readonly string[])[]> {
    return this.page.$$eval(
      '.grid-body .session-row',
      (rows, names) =>
        rows
          .filter((row) => row.querySelector('[data-column]'))
          .map((row) =>
            names.map((name) => row.querySelector(`[data-column="${name}"]`)?.textContent ?? ''),
          ),
      columns as string[],
    );
  }

  /** Writes a screenshot. */
  async picture(name: string): Promise<void> {
    const folder = join(ROOT, '.cache', 'screenshots');
    await mkdir(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }
}
