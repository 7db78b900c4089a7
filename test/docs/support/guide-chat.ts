/** The common part of the guides' chats: one thread, and pages behind a proxy that can cut them off. */

import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { openContext } from '../../support/browser.js';
import type { FaultProxy } from '../../support/fault-proxy.js';
import { jsonPost } from '../../support/json.js';
import type { Lab } from '../../support/lab.js';
import { until } from '../../support/until.js';
import { askUntilHeard } from './asking.js';
import type { ExampleApp } from './example-app.js';

export const THREAD = 'my-thread';

export class GuideChat {
  readonly app: ExampleApp;
  protected readonly lab: Lab;
  readonly #proxy: FaultProxy;

  constructor(lab: Lab, app: ExampleApp, proxy: FaultProxy) {
    this.lab = lab;
    this.app = app;
    this.#proxy = proxy;
  }

  async open(path = '/'): Promise<ChatPage> {
    const page = await (await openContext(this.lab)).newPage();
    await page.goto(this.#proxy.url + path);
    return new ChatPage(page);
  }

  /** Cuts the pages off and keeps them away. */
  cutOff(): void {
    this.#proxy.refusing = true;
    this.#proxy.cut();
  }

  letIn(): void {
    this.#proxy.refusing = false;
  }

  async ask(question: string): Promise<void> {
    const response = await fetch(`${this.app.url}/ask`, jsonPost({ thread_id: THREAD, question }));
    expect(response.status).toBe(204);
  }

  askUntilHeard(page: ChatPage, question: string): Promise<void> {
    return askUntilHeard(
      (numbered) => this.ask(numbered),
      () => page.text(),
      question,
    );
  }
}

export class ChatPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async text(): Promise<string> {
    return (await this.page.textContent('pre')) ?? '';
  }

  async shows(text: string): Promise<void> {
    await until('the page shows it', async () => (await this.text()) === text, {
      state: async () => ({ shown: await this.text(), expected: text }),
    });
  }

  status(): Promise<Record<string, unknown>> {
    return this.page.evaluate<Record<string, unknown>>('monitor.status');
  }

  async isLive(): Promise<void> {
    await until('it is live', async () => (await this.status()).state === 'live');
  }
}
