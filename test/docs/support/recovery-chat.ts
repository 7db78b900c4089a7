/** The chat of docs/guides/from-connection-state-recovery.md, after each of its steps. */

import type { Lab } from '../../support/lab.js';
import { codeBlocksOf } from './blocks.js';
import { ExampleApp } from './example-app.js';
import { GuideChat, THREAD } from './guide-chat.js';

export const BLOCKS = codeBlocksOf('docs/guides/from-connection-state-recovery.md');
const STEPS = ['The app before', 'Step 1', 'Step 2', 'Step 3', 'Let the server own'] as const;

/** The blocks of the page up to this step. */
export const blocksUpTo = (step: number) =>
  BLOCKS.filter(({ file, section }) => {
    const index = STEPS.findIndex((title) => section.startsWith(title));
    return file !== undefined && index !== -1 && index <= step;
  });

/** The app after a step, its server running, and a way to it for pages that can be cut. */
export class RecoveryChat extends GuideChat {
  static async start(
    lab: Lab,
    step: number,
    change?: (server: string) => string,
  ): Promise<RecoveryChat> {
    const app = await ExampleApp.create(lab, blocksUpTo(step));
    if (change) await app.edit('server.js', change);
    const chat = new RecoveryChat(lab, app, await lab.proxy(app.port));
    await chat.run();
    return chat;
  }

  run(): Promise<void> {
    return this.app.start(process.execPath, ['server.js']);
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
