/** The demo page, as a user sees it. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';
import { ROOT } from './command.js';
import { until } from './until.js';

export interface ShownTurn {
  readonly question: string;
  readonly text: string;
  readonly status: string;
}

export const FLAWLESS = 'lost 0, duplicated 0, out of order 0';

/** Sizes of a window. */
export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

export class DemoDriver {
  readonly page: Page;
  readonly errors: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on('pageerror', ({ message }) => this.errors.push(message));
    page.on('console', (message) => {
      // A refused policy is an error on the console; so is a request that the network has cut.
      if (/Content Security Policy|Trusted/.test(message.text())) this.errors.push(message.text());
    });
  }

  /** Opens a page of the demo's; resolves when it follows its conversation. */
  static async open(context: BrowserContext, url: string): Promise<DemoDriver> {
    const demo = new DemoDriver(await context.newPage());
    await demo.page.goto(url);
    await demo.says('Live');
    return demo;
  }

  /** The name of its conversation. */
  get thread(): string {
    return new URL(this.page.url()).searchParams.get('thread') ?? '';
  }

  async ask(question: string): Promise<void> {
    await this.page.fill('#question', question);
    await this.page.press('#question', 'Enter');
  }

  async click(selector: string): Promise<void> {
    await this.page.click(selector);
  }

  /** The text of an element; empty if it is hidden. */
  async text(selector: string): Promise<string> {
    return (await this.page.innerText(selector)).trim();
  }

  /** Waits until an element has a text, or one that matches. */
  async shows(selector: string, expected: string | RegExp): Promise<void> {
    const shown = expect.poll(() => this.text(selector));
    if (typeof expected === 'string') await shown.toBe(expected);
    else await shown.toMatch(expected);
  }

  /** Waits for a headline. */
  async says(headline: string): Promise<void> {
    await this.waits(
      `it says '${headline}'`,
      async () => (await this.text('#headline')) === headline,
    );
  }

  /** Waits for a condition. A timeout reports what the page showed. */
  async waits(what: string, condition: () => Promise<boolean>): Promise<void> {
    await until(what, condition, { state: () => this.summary() });
  }

  /** Waits until so many more events are applied. */
  async goesOn(events: number): Promise<void> {
    const goal = (await this.fact('Offset')) + events;
    await this.waits(`offset ${goal}`, async () => (await this.fact('Offset')) >= goal);
  }

  /** A number of the session. */
  async fact(name: string): Promise<number> {
    return Number.parseInt((await this.facts())[name] ?? '', 10);
  }

  async facts(): Promise<Readonly<Record<string, string>>> {
    const rows = await this.page.$$eval('#facts > div', (divs) =>
      divs.map((div) => [div.children[0]?.textContent ?? '', div.children[1]?.textContent ?? '']),
    );
    return Object.fromEntries(rows);
  }

  /** The messages and replies of the thread. A reply's text has a line for each block. */
  turns(): Promise<readonly ShownTurn[]> {
    return this.page.$$eval('#turns .turn', (turns) =>
      turns.map((turn) => ({
        question: turn.querySelector('.question')?.textContent ?? '',
        text: turn.querySelector<HTMLElement>('.text')?.innerText ?? '',
        status: turn.getAttribute('data-status') ?? '',
      })),
    );
  }

  async questions(): Promise<readonly string[]> {
    return (await this.turns()).map(({ question }) => question);
  }

  /** Waits until the newest reply has ended well. */
  async isAnswered(): Promise<void> {
    await this.waits('answered', () => this.endsAs('completed'));
  }

  /** Waits until the first reply stops in its middle: see `heldResponder`. */
  async showsHalf(): Promise<void> {
    await this.waits('half a reply', async () => (await this.turns())[0]?.text === 'Half a reply');
  }

  /** Whether the newest reply is in a state. */
  async endsAs(status: string): Promise<boolean> {
    return (await this.turns()).at(-1)?.status === status;
  }

  /** Messages that are unsent or were refused, each with its note. */
  pending(): Promise<readonly (readonly [text: string, fate: string])[]> {
    return this.page.$$eval('#pending .turn', (turns) =>
      turns.map((turn) => [
        turn.querySelector('.question')?.textContent ?? '',
        turn.querySelector('.fate')?.textContent ?? '',
      ]),
    );
  }

  timeline(): Promise<readonly string[]> {
    return this.page.$$eval('#timeline span', (lines) =>
      lines.map((line) => line.textContent ?? ''),
    );
  }

  /** Records the page's announcements for screen readers from now on. The page itself keeps only the newest. */
  async recordAnnouncements(): Promise<() => Promise<readonly string[]>> {
    await this.page.evaluate(() => {
      const said: string[] = [];
      Object.assign(window, { said });
      new MutationObserver((records) => {
        for (const { addedNodes } of records) {
          for (const node of addedNodes) said.push(node.textContent ?? '');
        }
      }).observe(document.getElementById('announcer') as HTMLElement, { childList: true });
    });
    return () => this.page.evaluate(() => (window as unknown as { said: string[] }).said);
  }

  async summary(): Promise<unknown> {
    const strip = await this.page.innerText('.strip');
    const turns = (await this.turns()).map(({ status, text }) => `${status} ${text.length}`);
    return { strip, facts: await this.facts(), turns, timeline: await this.timeline() };
  }

  /** Writes a screenshot of the page. Resolves with the picture. */
  async picture(name: string): Promise<Buffer> {
    const folder = join(ROOT, '.cache', 'screenshots');
    await mkdir(folder, { recursive: true });
    return this.page.screenshot({ path: join(folder, `${name}.png`) });
  }
}
