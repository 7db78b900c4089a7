/** A server, a proxy that can fail, a site, a Chromium, and numbers that are published all the time. */

import { createDemoResponder, createMemoryStore } from '@session-monitor/server';
import { type App, createApp } from 'session-monitor';
import { FaultProxy } from '../support/fault-proxy.js';
import type { FileServer } from '../support/file-server.js';
import { until } from '../support/until.js';
import { Chromium, type Tab } from './chromium.js';
import type { PageReport } from './page/page.js';
import { startSite } from './site.js';

const THREAD = 'numbers';
const PUBLISH_EVERY_MS = 20;
/** A page that is not back within this time never will be. */
const BACK_WITHIN_MS = 30_000;

/** The flaws in the numbers that a page got; all empty if there were none. */
export interface Flaws {
  readonly lost: number;
  readonly duplicated: number;
  readonly gaps: number;
  readonly resets: number;
}

export class LifecycleWorld {
  readonly chromium: Chromium;
  readonly proxy: FaultProxy;
  readonly site: FileServer;
  readonly #app: App;
  readonly #publishing: NodeJS.Timeout;
  #published = 0;
  /** The last number that is durable. */
  #durable = 0;

  private constructor(app: App, proxy: FaultProxy, site: FileServer, chromium: Chromium) {
    this.#app = app;
    this.proxy = proxy;
    this.site = site;
    this.chromium = chromium;
    this.#publishing = setInterval(() => void this.#publish(), PUBLISH_EVERY_MS);
  }

  static async start(): Promise<LifecycleWorld> {
    const site = await startSite();
    const app = await createApp({
      host: '127.0.0.1',
      port: 0,
      mode: 'development',
      drainMs: 0,
      store: createMemoryStore(),
      responder: createDemoResponder({ words: 1, exact: true }),
      origins: [site.origin],
    });
    const proxy = await FaultProxy.to(await app.listen());
    return new LifecycleWorld(app, proxy, site, await Chromium.launch());
  }

  /** The page's URL with a query. */
  address(query: Readonly<Record<string, string>> = {}): string {
    const all = new URLSearchParams({ server: this.proxy.url, thread: THREAD, ...query });
    return `${this.site.origin}/page.html?${all}`;
  }

  async report(tab: Tab): Promise<PageReport | undefined> {
    return tab.evaluate<PageReport>('window.lab?.report()');
  }

  /**
   * Waits until a page follows again and has everything that was durable at the call; resolves with how many
   * milliseconds both took. A reloaded page reads the whole thread.
   */
  async caughtUp(tab: Tab): Promise<{ readonly liveMs: number; readonly allMs: number }> {
    const began = performance.now();
    const wanted = this.#durable;
    let liveMs = Number.POSITIVE_INFINITY;
    await until(
      `the page is live and has ${wanted}`,
      async () => {
        const report = await this.report(tab);
        if (report?.state === 'live') liveMs = Math.min(liveMs, performance.now() - began);
        return report?.state === 'live' && report.last >= wanted;
      },
      { timeoutMs: BACK_WITHIN_MS, state: () => tab.evaluate('window.lab?.diagnostics()') },
    );
    return { liveMs, allMs: performance.now() - began };
  }

  async flaws(tab: Tab): Promise<Flaws> {
    const { lost, duplicated, gaps, resets } = await until('the report', () => this.report(tab));
    return { lost, duplicated, gaps, resets };
  }

  async close(): Promise<void> {
    clearInterval(this.#publishing);
    await this.chromium.close();
    await this.proxy.close();
    await this.#app.close();
    await this.site.close();
  }

  async #publish(): Promise<void> {
    this.#published += 1;
    const n = this.#published;
    await this.#app.sessions.publish(THREAD, 'number', { n });
    this.#durable = Math.max(this.#durable, n);
  }
}
