/** The stage for the React hooks, as a test sees and directs it. */

import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import type { OpenPage } from './built-page.js';
import type { Stage } from './stage/main.js';

export const STAGE_PROJECT = fileURLToPath(new URL('stage', import.meta.url));

/** Of the page, where the functions of `evaluate` run. */
declare const stage: Stage;

export interface ShownReply {
  readonly state: string;
  readonly text: string;
}

export class StagePage {
  readonly page: Page;
  readonly errors: readonly string[];

  constructor({ page, errors }: OpenPage) {
    this.page = page;
    this.errors = errors;
  }

  /** Mounts the component, or passes other properties to it. */
  show(thread_id: string, version = 0): Promise<void> {
    const args = [thread_id, version] as const;
    return this.page.evaluate(([thread, at]) => void stage.show(thread, at), args);
  }

  /** Inserts a server's HTML and lets React hydrate it. Resolves with the HTML. */
  hydrate(thread_id: string): Promise<string> {
    return this.page.evaluate((thread) => stage.hydrate(thread), thread_id);
  }

  unmount(): Promise<void> {
    return this.page.evaluate(() => stage.unmount());
  }

  /** Connects the app's socket before a component follows a thread on it. */
  async connect(): Promise<void> {
    await this.page.evaluate(() => stage.connect());
  }

  cut(): Promise<void> {
    return this.page.evaluate(() => stage.cut());
  }

  facts(): Promise<ReturnType<Stage['facts']>> {
    return this.page.evaluate(() => stage.facts());
  }

  listeners(): Promise<ReturnType<Stage['listeners']>> {
    return this.page.evaluate(() => stage.listeners());
  }

  replies(): Promise<readonly ShownReply[]> {
    return this.page.$$eval('li', (items) =>
      items.map((item) => ({
        state: item.getAttribute('data-state') ?? '',
        text: item.textContent ?? '',
      })),
    );
  }

  attribute(name: string): Promise<string | null> {
    return this.page.getAttribute('ol', name);
  }

  /** Resolves once an element of the kind exists, visible or not. */
  async has(selector: string): Promise<void> {
    await this.page.waitForSelector(selector, { state: 'attached' });
  }

  isLive(): Promise<void> {
    return this.has('ol[data-state="live"]');
  }

  hasCompleted(): Promise<void> {
    return this.has('li[data-state="completed"]');
  }
}
