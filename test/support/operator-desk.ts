/** An operator at the dashboard: opens the page of a session, and reads what is found first. */

import { cpus, loadavg } from 'node:os';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { openContext } from './browser.js';
import { WIDE } from './dashboard-page.js';
import { type ExpectedFinding, LOAD_TITLES } from './findings.js';
import type { Lab } from './lab.js';
import { pause } from './until.js';

/** From the opening of the page until its first finding is there. */
const FOUND_WITHIN_MS = 2_000;
/** One look suffices, unless the machine is busy: then the operator looks again for so long. */
const PATIENCE_MS = 25_000;
const BETWEEN_LOOKS_MS = 500;

/** Whether other tests, or other work, take more than there is. */
const isBusy = (): boolean => (loadavg()[0] ?? 0) > 1.5 * cpus().length;

export class OperatorDesk {
  readonly #page: Page;
  /** One page at a time. */
  #looking: Promise<unknown> = Promise.resolve();

  private constructor(page: Page) {
    this.#page = page;
  }

  static async open(lab: Lab): Promise<OperatorDesk> {
    const context = await openContext(lab, WIDE);
    return new OperatorDesk(await context.newPage());
  }

  /** Opens the page of a session, whose first finding must say this, within two seconds of the opening. */
  finds(url: string, session_id: unknown, expected: ExpectedFinding): Promise<void> {
    return this.#inTurn(async () => {
      const deadline = performance.now() + PATIENCE_MS;
      for (;;) {
        const ms = await this.#openSession(url, session_id);
        const [title = ''] = await this.#titles();
        const isThere = ms < FOUND_WITHIN_MS && expected.title.test(title);
        if (!isThere && isBusy() && performance.now() < deadline) {
          await pause(BETWEEN_LOOKS_MS);
          continue;
        }
        expect(title).toMatch(expected.title);
        expect(ms).toBeLessThan(FOUND_WITHIN_MS);
        break;
      }
      const evidence = await this.#texts('.evidence li');
      for (const line of expected.evidence) {
        expect(evidence).toContainEqual(expect.stringMatching(line));
      }
      const [next] = await this.#texts('.notice-next');
      expect(next).toMatch(/^[A-Z].+[.?]$/);
    });
  }

  /** The steps that the page of the session shows. */
  steps(url: string, session_id: unknown): Promise<readonly string[]> {
    return this.#inTurn(async () => {
      await this.#openSession(url, session_id);
      await this.#page.waitForSelector('.step-words');
      return this.#texts('.step-words');
    });
  }

  #inTurn<T>(look: () => Promise<T>): Promise<T> {
    const looked = this.#looking.then(look);
    this.#looking = looked.catch(() => {});
    return looked;
  }

  /** Resolves with how many milliseconds it took until the findings were there, or that there is none. */
  async #openSession(url: string, session_id: unknown): Promise<number> {
    await this.#page.goto('about:blank');
    const openedAt = performance.now();
    await this.#page.goto(`${url}/dashboard#/sessions/${session_id}`);
    await this.#page.waitForSelector('.notices .notice-title, .notices [data-tone="good"]');
    return performance.now() - openedAt;
  }

  /** Of all but what a busy machine does to a server. */
  async #titles(): Promise<readonly string[]> {
    return (await this.#texts('.notice-title')).filter((title) => !LOAD_TITLES.test(title));
  }

  #texts(selector: string): Promise<string[]> {
    return this.#page.$$eval(selector, (elements) =>
      elements.map((element) => (element as HTMLElement).innerText.trim()),
    );
  }
}
