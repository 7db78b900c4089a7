/** A command as a user runs it: its output, its exit code, and a signal to stop it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ROOT } from './root.js';
import { until } from './until.js';

export { ROOT };
/** Node's arguments to run the command. */
export const COMMAND = fileURLToPath(
  new URL('../../packages/session-monitor/dist/cli/main.js', import.meta.url),
);
/** The same, for a server. */
export const SERVE = [COMMAND, 'serve'] as const;

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  /** Runs it as another user. */
  readonly uid?: number;
}

export class Command {
  readonly #child: ChildProcess;
  /** The command has ended, and all of its output is here. */
  readonly #closed: Promise<unknown>;
  stdout = '';
  stderr = '';

  constructor(
    file: string,
    args: readonly string[],
    { cwd = ROOT, env, uid }: CommandOptions = {},
  ) {
    const { PATH = '', HOME = '' } = process.env;
    this.#child = spawn(file, args, {
      cwd,
      env: { PATH, HOME, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      // A separate process group, as in a terminal: a signal reaches npm and what npm runs.
      detached: true,
      ...(uid !== undefined && { uid, gid: uid }),
    });
    this.#closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdout?.on('data', (text) => {
      this.stdout += String(text);
    });
    this.#child.stderr?.on('data', (text) => {
      this.stderr += String(text);
    });
  }

  /** Waits for a line of output. */
  async says(pattern: RegExp, timeoutMs = 20_000): Promise<RegExpExecArray> {
    return until(
      `output matches ${pattern}`,
      () => {
        const match = pattern.exec(this.stdout);
        if (!match && this.ended) throw new Error(`It has ended: ${this.stdout}${this.stderr}`);
        return match ?? false;
      },
      { timeoutMs, state: () => this.stdout + this.stderr },
    );
  }

  /** Writes a line to its standard input. */
  tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Closes the pipes of its output, as a log collector that ends. */
  hangUp(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Resolves with the exit code once it has ended by itself. */
  async exitCode(): Promise<number | null> {
    await this.#closed;
    return this.#child.exitCode;
  }

  /** Sends a signal to its group, as Ctrl-C does, and resolves with the exit code. */
  async signal(signal: NodeJS.Signals): Promise<number | null> {
    if (!this.ended && this.#child.pid !== undefined) process.kill(-this.#child.pid, signal);
    return this.exitCode();
  }
}
