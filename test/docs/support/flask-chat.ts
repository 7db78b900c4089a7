/** The chat of docs/guides/from-flask-socketio.md, after each of its steps. */

import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { COMMAND, type Command } from '../../support/command.js';
import type { FaultProxy } from '../../support/fault-proxy.js';
import { freePort } from '../../support/free-port.js';
import type { Lab } from '../../support/lab.js';
import { codeBlocksOf } from './blocks.js';
import { ExampleApp } from './example-app.js';
import { type ChatPage, GuideChat, THREAD } from './guide-chat.js';

/** Debian's Python, because it has Debian's packages. */
const PYTHON = '/usr/bin/python3';
const BLOCKS = codeBlocksOf('docs/guides/from-flask-socketio.md');
const STEPS = ['The app before', 'Step 1', 'Step 2', 'Step 3', 'Step 4'] as const;
/** As on the page. */
const BACKEND_TOKEN = 'change-me';
const SESSIONS_PORT = '5001';

const blocksOf = (step: number) =>
  BLOCKS.filter(({ section }) => section.startsWith(STEPS[step] ?? 'no such step'));

/** A block's commands without those that need a registry. */
const commandsOf = (step: number): string =>
  blocksOf(step)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ code }) => code.split('\n'))
    .filter((line) => !line.startsWith('npm install'))
    .join('\n');

export class FlaskChat extends GuideChat {
  readonly #sessionsPort: number;
  #sessions: Command | undefined;

  private constructor(lab: Lab, app: ExampleApp, proxy: FaultProxy, sessionsPort: number) {
    super(lab, app, proxy);
    this.#sessionsPort = sessionsPort;
  }

  /** The app after a step; from step 2 on with its session server. */
  static async start(
    lab: Lab,
    step: number,
    change?: (program: string) => string,
  ): Promise<FlaskChat> {
    const app = await ExampleApp.create(lab, []);
    const chat = new FlaskChat(lab, app, await lab.proxy(app.port), await freePort());
    for (let each = 0; each <= step; each += 1) await chat.take(each);
    if (step === 0) await chat.#sh(commandsOf(1));
    if (change) await app.edit('app.py', change);
    if (step >= 2) await chat.runSessions();
    await chat.run();
    return chat;
  }

  get sessionsUrl(): string {
    return `http://127.0.0.1:${this.#sessionsPort}`;
  }

  get #environment() {
    return { SESSIONS_URL: this.sessionsUrl, BACKEND_TOKEN };
  }

  /** Changes the files as a step does. */
  async take(step: number): Promise<void> {
    for (const block of blocksOf(step)) if (block.file !== undefined) await this.app.add(block);
    if (step === 1) await this.#sh(commandsOf(1));
    if (step === 3) await this.app.edit('static/index.html', this.#readdress);
  }

  run(): Promise<void> {
    return this.app.start(PYTHON, ['app.py'], this.#environment);
  }

  async runSessions(): Promise<void> {
    // `npx` finds the workspace's command.
    await this.app.write(
      'bin/npx',
      `#!/bin/sh\nshift\nexec "${process.execPath}" "${COMMAND}" "$@"\n`,
    );
    await chmod(join(this.app.folder, 'bin/npx'), 0o755);
    const sessions = this.#shell(this.#readdress(commandsOf(2)));
    this.#sessions = sessions;
    await sessions.says(/127\.0\.0\.1:\d+/);
  }

  async killSessions(): Promise<void> {
    await this.#sessions?.signal('SIGKILL');
  }

  override open(): Promise<ChatPage> {
    return super.open('/index.html');
  }

  /** The conversation as `history` of sessions.py gives it. */
  async history(): Promise<string> {
    const program = `import sessions; print("".join(e["data"]["delta"] for e in sessions.history("${THREAD}")), end="")`;
    const options = { cwd: this.app.folder, env: this.#environment };
    const python = this.lab.command(PYTHON, ['-c', program], options);
    expect(await python.exitCode(), python.stderr).toBe(0);
    return python.stdout;
  }

  readonly #readdress = (text: string): string =>
    text.replaceAll(SESSIONS_PORT, String(this.#sessionsPort));

  async #sh(commands: string): Promise<void> {
    const shell = this.#shell(commands);
    expect(await shell.exitCode(), shell.stderr).toBe(0);
  }

  #shell(commands: string): Command {
    const { PATH = '' } = process.env;
    const env = { PATH: `${join(this.app.folder, 'bin')}:${PATH}` };
    return this.lab.command('/bin/sh', ['-ec', commands], { cwd: this.app.folder, env });
  }
}
