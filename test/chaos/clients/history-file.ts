/** A client's history. It is on the disk soon after each line, so that a frozen process loses nothing of it. */

import { closeSync, openSync, writeSync } from 'node:fs';
import type { Line } from '../checker/evidence.js';

const WRITE_EVERY_MS = 250;

export class HistoryFile {
  readonly #file: number;
  readonly #timer: NodeJS.Timeout;
  #lines: string[] = [];

  constructor(path: string) {
    this.#file = openSync(path, 'w');
    this.#timer = setInterval(() => this.#flush(), WRITE_EVERY_MS);
  }

  add(line: Line): void {
    this.#lines.push(`${JSON.stringify(line)}\n`);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    if (this.#lines.length === 0) return;
    writeSync(this.#file, this.#lines.join(''));
    this.#lines = [];
  }
}
