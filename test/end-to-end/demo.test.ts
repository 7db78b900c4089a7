import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { describe, expect } from 'vitest';
import { openContext } from '../support/browser.js';
import { type Command, ROOT, SERVE } from '../support/command.js';
import { DemoDriver, FLAWLESS } from '../support/demo-page.js';
import { freePort } from '../support/free-port.js';
import { type Lab, test } from '../support/lab.js';
import { until } from '../support/until.js';

const CUTS = 5;
/** Longer than all that happens to it. */
const LONG = 'How do long conversations survive bad networks, in 5000 words?';

describe('the demo page', () => {
  test('completes a conversation through cuts, offline, polling, tabs, a reload and two SIGKILLs', async (lab) => {
    const server = await Server.start(lab);
    const context = await newContext(lab);
    const foreign = watchRequests(context, server.url);
    const first = await DemoDriver.open(context, server.url);

    await first.ask(LONG);
    await first.goesOn(40);
    for (let cut = 1; cut <= CUTS; cut += 1) {
      await first.click('#cut');
      await first.waits(`back ${cut}`, async () => (await first.fact('Reconnects')) === cut);
      await first.goesOn(15);
    }

    await context.setOffline(true);
    await first.says('Recovering');
    await context.setOffline(false);
    await first.goesOn(30);
    await expect.poll(() => first.fact('Reconnects')).toBe(CUTS + 1);

    await first.click('#polling');
    await first.waits('polling', async () => (await first.facts()).Transport === 'polling');
    await first.goesOn(30);
    await first.click('#polling');
    await first.waits('websocket', async () => (await first.facts()).Transport === 'websocket');

    const [tab] = await Promise.all([context.waitForEvent('page'), first.click('#second-tab')]);
    const second = new DemoDriver(tab);
    const goal = await first.fact('Offset');
    await second.waits(`at offset ${goal}`, async () => (await second.fact('Offset')) >= goal);

    await server.kill();
    for (const page of [first, second]) await page.says('Recovering');
    await expect
      .poll(() => first.text('#advice'))
      .toContain(`npx session-monitor serve --port ${new URL(server.url).port}`);
    await first.page.mouse.move(0, 0);
    await keepPicture('recovery', await first.picture('recovery'));
    await server.restart();
    for (const page of [first, second])
      await page.waits('interrupted', () => page.endsAs('interrupted'));

    await second.click('text=Ask again');
    await first.waits('the next reply', () => first.endsAs('running'));
    await first.goesOn(40);
    await first.page.reload();
    await first.waits('the conversation is back', async () => (await first.turns()).length === 2);
    await first.goesOn(10);

    await server.kill();
    for (const page of [first, second]) await page.says('Recovering');
    // A message that is written while the server is down arrives when it is back.
    await first.ask('And what is left to say, in 60 words?');
    await expect.poll(async () => (await first.pending()).length).toBe(1);
    await server.restart();
    for (const page of [first, second])
      await page.waits('completed', () => page.endsAs('completed'));
    await expect.poll(() => first.pending()).toEqual([]);

    const turns = await first.turns();
    expect(turns.map(({ question, status }) => [question, status])).toEqual([
      [LONG, 'interrupted'],
      [LONG, 'interrupted'],
      ['And what is left to say, in 60 words?', 'completed'],
    ]);
    expect(turns.at(-1)?.text).toMatch(/[.]$/);
    await expect.poll(() => second.turns()).toEqual(turns);
    const replies = await repliesInLog(lab, server.url, first);
    expect(turns.map(({ text }) => wordsOf(text))).toEqual(replies.map(wordsOf));
    for (const page of [first, second]) {
      await page.shows('#verdict', FLAWLESS);
      await expect.poll(() => page.page.getAttribute('#proof', 'data-verdict')).toBe('holds');
      await expect.poll(() => page.fact('Offset')).toBe(await first.fact('Head'));
      expect(page.errors).toEqual([]);
    }
    await second.shows('#checked', `${await second.fact('Offset')} events checked`);
    expect(foreign).toEqual([]);
  }, 120_000);
});

/** The whole server as `npm start` runs it, to be killed and started again on the same port and data. */
class Server {
  readonly url: string;
  readonly #run: () => Command;
  #command: Command;

  private constructor(url: string, run: () => Command) {
    this.url = url;
    this.#run = run;
    this.#command = run();
  }

  static async start(lab: Lab): Promise<Server> {
    const port = await freePort();
    const flags = ['--port', String(port), '--demo-parts-per-second', '60'];
    const cwd = await lab.folder();
    const server = new Server(`http://127.0.0.1:${port}`, () =>
      lab.command(process.execPath, [...SERVE, ...flags], { cwd }),
    );
    await server.#command.says(/Session Monitor/);
    return server;
  }

  async kill(): Promise<void> {
    await this.#command.signal('SIGKILL');
  }

  async restart(): Promise<void> {
    this.#command = this.#run();
    await this.#command.says(/Session Monitor/);
  }
}

const newContext = (lab: Lab) =>
  openContext(lab, {
    viewport: { width: 1280, height: 960 },
    deviceScaleFactor: 1.5,
    colorScheme: 'light',
  });

/** Collects what leaves the origin. */
function watchRequests(context: BrowserContext, origin: string): readonly string[] {
  const foreign: string[] = [];
  const { host } = new URL(origin);
  const check = (url: string) => {
    if (new URL(url).host !== host) foreign.push(url);
  };
  context.on('request', (request) => check(request.url()));
  context.on('page', (page) => page.on('websocket', (socket) => check(socket.url())));
  return foreign;
}

/** The replies as an undisturbed client reads them. */
async function repliesInLog(lab: Lab, url: string, demo: DemoDriver): Promise<readonly string[]> {
  const { monitor } = lab.client(url, { thread_id: demo.thread, idle: true });
  const replies = new Map<string, string>();
  monitor.on<{ run_id: string }>('run_started', ({ run_id }) => replies.set(run_id, ''));
  monitor.on<{ run_id: string; delta: string }>('message', ({ run_id, delta }) => {
    replies.set(run_id, replies.get(run_id) + delta);
  });
  monitor.start();
  await until(
    'read',
    () => monitor.status.head > 0 && monitor.status.offset === monitor.status.head,
  );
  return [...replies.values()];
}

/** Letters and digits only, without Markdown and white space. */
const wordsOf = (text: string): readonly string[] => text.match(/[\p{L}\p{N}]+/gu) ?? [];

/** The picture of the README is a real one. */
async function keepPicture(name: string, picture: Buffer): Promise<void> {
  if (process.env.UPDATE_SCREENSHOTS !== '1') return;
  await writeFile(join(ROOT, 'docs', 'images', `${name}.png`), picture);
}
