/** The folder of a user, where npm installs and programs run as the documentation says. */

import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from '../support/command.js';
import type { Lab } from '../support/lab.js';
import { startRegistry } from './registry.js';

export interface Ran {
  readonly code: number;
  readonly said: string;
}

export class Project {
  readonly path: string;
  readonly #lab: Lab;
  readonly #registry: Readonly<Record<string, string>>;

  private constructor(path: string, lab: Lab, registry: Readonly<Record<string, string>>) {
    this.path = path;
    this.#lab = lab;
    this.#registry = registry;
  }

  /**
   * An empty folder, where npm finds the packages of this tree. It takes other packages from its cache, if they are
   * there.
   *
   * @param options.unscoped whether `session-monitor` itself is one of them: then npm asks no other registry
   */
  static async create(lab: Lab, { unscoped = false } = {}): Promise<Project> {
    const registry = await startRegistry();
    lab.defer(() => registry.close());
    const place = unscoped ? 'npm_config_registry' : 'npm_config_@session-monitor:registry';
    return new Project(await lab.folder(), lab, { [place]: registry.url });
  }

  /** Creates a folder within it. */
  in(folder: string): Project {
    return new Project(join(this.path, folder), this.#lab, this.#registry);
  }

  /** Writes a file. */
  write(name: string, text: string): void {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /** Runs a line of the documentation, `npm install …`, and fails if that does. */
  async npm(line: string): Promise<string> {
    const [file = '', ...args] = line.trim().split(/\s+/);
    const { code, said } = await this.run(file, args);
    if (code !== 0) throw new Error(`'${line}' failed: ${said}`);
    return said;
  }

  /** Runs a program to its end. */
  run(file: string, args: readonly string[]): Promise<Ran> {
    return new Promise((resolve) => {
      const options = { cwd: this.path, env: this.#environment(), maxBuffer: 64 * 1024 * 1024 };
      execFile(file, [...args], options, (error, stdout, stderr) => {
        resolve({ code: Number(error?.code ?? 0), said: `${stdout}${stderr}` });
      });
    });
  }

  /** Starts a program that keeps running. */
  start(file: string, args: readonly string[], env: Record<string, string> = {}): Command {
    return this.#lab.command(file, args, {
      cwd: this.path,
      env: { ...this.#environment(), ...env },
    });
  }

  #environment(): Record<string, string> {
    const { PATH = '', HOME = '' } = process.env;
    return {
      PATH,
      HOME,
      ...this.#registry,
      npm_config_fund: 'false',
      npm_config_audit: 'false',
      npm_config_prefer_offline: 'true',
      npm_config_update_notifier: 'false',
    };
  }
}
