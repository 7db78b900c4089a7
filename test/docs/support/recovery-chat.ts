/** The chat of docs/guides/from-connection-state-recovery.md, after each of its steps. */

import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { openContext } from '../../support/browser.js';
import type { FaultProxy } from '../../support/fault-proxy.js';
import type { Lab } from '../../support/lab.js';
import { until } from '../../support/until.js';
import { askUntilHeard } from './asking.js';
import { codeBlocksOf } from './blocks.js';
import { ExampleApp } from './example-app.js';

export const BLOCKS = codeBlocksOf('docs/guides/from-connection-state-recovery.md');
const STEPS = ['The app before', 'Step 1', 'Step 2', 'Step 3', 'Let the server own'] as const;
export const THREAD = 'my-thread';

/** The blocks of the page up to this step. */
export const blocksUpTo = (step: number) =>
  BLOCKS.filter(({ file, section }) => {
    const index = STEPS.findIndex((title) => section.startsWith(title));
    return file !== undefined && index !== -1 && index <= step;
  });

/** The app after a step, its server running, and a way to it for pages that can be cut. */
export class Chat {
  readonly app: ExampleApp;
  readonly #lab: Lab;
  readonly #proxy: FaultProxy;

  private constructor(lab: Lab, app: ExampleApp, proxy: FaultProxy) {
    this.#lab = lab;
    this.app = app;
    this.#proxy = proxy;
  }

  static async start(lab: Lab, step: number, change?: (server: string) => string): Promise<Chat> {
    const app = await ExampleApp.create(lab, blocksUpTo(step));
    if (change) await app.edit('server.js', change);
    const chat = new Chat(lab, app, await lab.proxy(app.port));
    await chat.run();
    return chat;
  }

  run(): Promise<void> {
    return this.app.start(process.execPath, ['server.js']);
  }

  async open(): Promise<ChatPage> {
    const page = await (await openContext(this.#lab)).newPage();
    await page.goto(this.#proxy.url);
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
    const response = await fetch(`${this.app.url}/ask`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ thread_id: THREAD, question }),
    });
    expect(response.status).toBe(204);
  }

  askUntilHeard(page: ChatPage, question: string): Promise<void> {
    return askUntilHeard(
      (numbered) => this.ask(numbered),
      () => page.text(),
      question,
    );
  }

  /** What the thread's log holds. */
  async log(): Promise<string> {
    const response = await fetch(`${this.app.url}/threads/${THREAD}/events?limit=1000`, {
      headers: { accept: 'application/json' },
    });
    const { events } = (await response.json()) as { events: { data: { delta?: string } }[] };
    return events.map(({ data }) => data.delta ?? '').join('');
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
}
