/** Runs the writing process: starts it, stops it for a copy, kills it, starts it again on the same data. */

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { helper } from '../../harness/program.js';
import { Child } from '../../support/child.js';
import { pause } from '../../support/until.js';
import type { RecordLine } from '../record.js';

/** For an overloaded machine. */
const START_MS = 90_000;

export class Writer {
  readonly #folder: string;
  readonly #seed: number;
  #child: Child | undefined;
  #lives = 0;

  /** @param folder a new one, for the data directory and the record */
  constructor(folder: string, seed: number) {
    this.#folder = folder;
    this.#seed = seed;
    mkdirSync(join(folder, 'data'), { recursive: true, mode: 0o700 });
  }

  get dataDir(): string {
    return join(this.#folder, 'data');
  }

  /** Starts the writer, also after a kill; resolves when it writes. */
  async start(): Promise<void> {
    this.#lives += 1;
    const args = [this.dataDir, this.#recordFile, `${this.#seed + this.#lives}`, `${this.#lives}`];
    this.#child = Child.node(helper('writer'), { args });
    await this.#child.started(START_MS);
  }

  /** Stops the writer during `work`. Resolves with the record up to then. */
  async whileStopped(work: () => void): Promise<readonly RecordLine[]> {
    const child = this.#alive;
    child.signal('SIGSTOP');
    // A signal is delivered some time after it was sent. All threads of the process must be stopped.
    while (!isStopped(this.#alive.pid)) await pause(1);
    try {
      work();
      return readRecord(this.#recordFile);
    } finally {
      child.signal('SIGCONT');
    }
  }

  async kill(): Promise<void> {
    await this.#child?.end('SIGKILL');
    this.#child = undefined;
  }

  get #recordFile(): string {
    return join(this.#folder, 'record.ndjson');
  }

  get #alive(): Child {
    if (this.#child?.running) return this.#child;
    throw new Error(`The writer has ended: ${this.#child?.said}`);
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
