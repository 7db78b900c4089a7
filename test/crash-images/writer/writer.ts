/** Runs the writing process: starts it, stops it for a copy, kills it, starts it again on the same data. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordLine } from '../record.js';

export class Writer {
  readonly #program: string;
  readonly #folder: string;
  readonly #seed: number;
  #child: ChildProcess | undefined;
  #lives = 0;
  #stderr = '';

  /** @param folder a new one, for the data directory and the record */
  constructor(program: string, folder: string, seed: number) {
    this.#program = program;
    this.#folder = folder;
    this.#seed = seed;
    mkdirSync(join(folder, 'data'), { recursive: true });
  }

  get dataDir(): string {
    return join(this.#folder, 'data');
  }

  /** Starts the writer, also after a kill; resolves when it writes. */
  async start(): Promise<void> {
    this.#lives += 1;
    const args = [this.dataDir, this.#recordFile, `${this.#seed + this.#lives}`, `${this.#lives}`];
    const child = fork(this.#program, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.#child = child;
    child.stderr?.on('data', (text) => {
      this.#stderr += String(text);
    });
    await Promise.race([once(child, 'message'), once(child, 'exit')]);
    this.#expectAlive();
  }

  /** Stops the writer during `work`. Resolves with the record up to then. */
  async whileStopped(work: () => void): Promise<readonly RecordLine[]> {
    this.#expectAlive();
    this.#child?.kill('SIGSTOP');
    await this.#stopped();
    try {
      work();
      return readRecord(this.#recordFile);
    } finally {
      this.#child?.kill('SIGCONT');
    }
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  get #recordFile(): string {
    return join(this.#folder, 'record.ndjson');
  }

  /** A signal is delivered some time after it was sent. Waits until all threads of the process are stopped. */
  async #stopped(): Promise<void> {
    while (!isStopped(this.#child?.pid ?? 0)) {
      this.#expectAlive();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  #expectAlive(): void {
    const child = this.#child;
    if (child && child.exitCode === null && child.signalCode === null) return;
    throw new Error(`The writer has ended: ${this.#stderr}`);
  }
}

const isStopped = (pid: number): boolean => /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

/** The record's lines; the last may be cut short by the stop. */
function readRecord(file: string): readonly RecordLine[] {
  const text = readFileSync(file, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => JSON.parse(row) as RecordLine);
}
