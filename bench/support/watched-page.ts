/** The dashboard in Chromium, measured: what it takes from the network, its heap, and how soon it shows what was asked for. */

import type { CDPSession, Page } from 'playwright-core';
import { openContext } from '../../test/support/browser.js';
import { quantile } from './statistics.js';

const SIZE = { viewport: { width: 1280, height: 800 } };
const SAMPLE_EVERY_MS = 1_000;
const SCROLL_FRAMES = 180;
/** As a wheel that is turned fast: 7,200 pixels a second. */
const SCROLL_PX = 120;

interface Heap {
  readonly usedSize: number;
}

/** What is done in the page, and what shows that it was. */
interface Action {
  /** An element that is clicked. */
  readonly click?: string;
  /** A text that is typed into the element. */
  readonly into?: string;
  readonly text?: string;
  /** An element whose text then begins with `begin`. */
  readonly shows: string;
  readonly begin: string;
}

export class WatchedPage {
  readonly page: Page;
  readonly #cdp: CDPSession;
  readonly #close: () => Promise<void>;
  #bytes = 0;
  #heapBytes = 0;
  #sampling: NodeJS.Timeout | undefined;

  private constructor(page: Page, cdp: CDPSession, close: () => Promise<void>) {
    this.page = page;
    this.#cdp = cdp;
    this.#close = close;
    cdp.on('Network.dataReceived', ({ dataLength, encodedDataLength }) => {
      this.#bytes += encodedDataLength || dataLength;
    });
  }

  static async open(url: string): Promise<WatchedPage> {
    const closings: (() => unknown)[] = [];
    const context = await openContext({ defer: (close) => closings.push(close) }, SIZE);
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    await cdp.send('Network.enable');
    await page.goto(url);
    return new WatchedPage(page, cdp, async () => {
      for (const closing of closings) await closing();
    });
  }

  /** Begins to look at its heap once a second. */
  watch(): void {
    this.#sampling = setInterval(() => void this.#sample(), SAMPLE_EVERY_MS);
  }

  /** Bytes that it was sent so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The most that its heap has had. */
  get heapBytes(): number {
    return this.#heapBytes;
  }

  /** Milliseconds from a click, or a typed text, to the frame that shows what was asked for. */
  after(action: Action): Promise<number> {
    return this.page.evaluate(async ({ click, into, text = '', shows, begin }) => {
      const from = performance.now();
      if (click) document.querySelector<HTMLElement>(click)?.click();
      const input = into && document.querySelector<HTMLInputElement>(into);
      if (input) {
        // As a key does it: React listens to the setter of the prototype.
        const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value') ?? {};
        set?.call(input, text);
        input.dispatchEvent(new Event('input', { bubbles: true }));
      }
      const isShown = () => document.querySelector(shows)?.textContent?.startsWith(begin) === true;
      while (!isShown()) {
        if (performance.now() - from > 10_000) {
          throw new Error(
            `${shows} does not show ${begin}, but ${document.querySelector(shows)?.textContent}`,
          );
        }
        await new Promise(requestAnimationFrame);
      }
      return performance.now() - from;
    }, action);
  }

  /** The time of a frame while the list is scrolled through: 19 of 20 take less. */
  async frameMs(): Promise<number> {
    const frames = await this.page.evaluate(
      async ([count = 0, px = 0]) => {
        const list = document.querySelector('[role="grid"]');
        const times: number[] = [];
        let before = await new Promise<number>(requestAnimationFrame);
        for (let frame = 0; list && frame < count; frame += 1) {
          list.scrollTop += px;
          const now = await new Promise<number>(requestAnimationFrame);
          times.push(now - before);
          before = now;
        }
        return times;
      },
      [SCROLL_FRAMES, SCROLL_PX],
    );
    return quantile(
      [...frames].sort((one, other) => one - other),
      0.95,
    );
  }

  async close(): Promise<void> {
    clearInterval(this.#sampling);
    await this.#close();
  }

  async #sample(): Promise<void> {
    const { usedSize } = (await this.#cdp.send('Runtime.getHeapUsage')) as Heap;
    this.#heapBytes = Math.max(this.#heapBytes, usedSize);
  }
}
