/** An app that a page of the documentation describes, in a separate folder. */

import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Command } from '../../support/command.js';
import { freePort } from '../../support/free-port.js';
import type { Lab } from '../../support/lab.js';
import { ROOT } from '../../support/root.js';
import { until } from '../../support/until.js';
import type { Block } from './blocks.js';
import { applyDiff } from './diff.js';

export class ExampleApp {
  readonly folder: string;
  readonly port: number;
  readonly #lab: Lab;
  #process: Command | undefined;

  private constructor(lab: Lab, folder: string, port: number) {
    this.#lab = lab;
    this.folder = folder;
    this.port = port;
  }

  /** A folder with the files of these blocks, in which the workspace's packages are installed. */
  static async create(lab: Lab, blocks: readonly Block[]): Promise<ExampleApp> {
    const app = new ExampleApp(lab, await lab.folder(), await freePort());
    await symlink(join(ROOT, 'node_modules'), join(app.folder, 'node_modules'));
    await app.write('package.json', '{ "type": "module" }');
    for (const block of blocks) await app.add(block);
    return app;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Writes the block's file, or changes it if the block is a diff. */
  async add({ language, file, code }: Block): Promise<void> {
    if (file === undefined) throw new Error(`A block names no file:\n${code}`);
    if (language === 'diff') await this.edit(file, (text) => applyDiff(text, code));
    else await this.write(file, code);
  }

  async write(file: string, text: string): Promise<void> {
    const path = join(this.folder, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }

  async edit(file: string, change: (text: string) => string): Promise<void> {
    const before = await readFile(join(this.folder, file), 'utf8');
    const after = change(before);
    if (after === before) throw new Error(`Nothing has changed in ${file}`);
    await this.write(file, after);
  }

  /** Starts its program and waits until it answers. */
  async start(file: string, args: readonly string[], env: Record<string, string> = {}) {
    const environment = { PORT: String(this.port), ...env };
    const process = this.#lab.command(file, args, { cwd: this.folder, env: environment });
    this.#process = process;
    await until('the app answers', () => !process.ended && answers(this.url), {
      state: () => process.stdout + process.stderr,
    });
  }

  async kill(): Promise<void> {
    await this.#process?.signal('SIGKILL');
  }
}

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    () => true,
    () => false,
  );
