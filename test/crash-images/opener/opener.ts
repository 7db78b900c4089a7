/** Runs the process that opens images, and starts it again when it dies. */

import { type ChildProcess, fork } from 'node:child_process';
import type { Opened, OpenRequest } from './messages.js';

/** The check before opening gives up after two minutes. */
const HANG_MS = 150_000;

export class Opener {
  readonly #program: string;
  #child: ChildProcess | undefined;
  #stderr = '';

  constructor(program: string) {
    this.#program = program;
  }

  async open(request: OpenRequest): Promise<Opened> {
    const child = this.#child ?? this.#start();
    this.#stderr = '';
    return new Promise((resolve) => {
      const finish = (opened: Opened) => {
        clearTimeout(timer);
        child.off('message', finish);
        child.off('exit', onExit);
        resolve(opened);
      };
      const onExit = (code: number | null, signal: string | null) => {
        this.#child = undefined;
        finish({ result: 'crashed', message: `it ended with ${signal ?? code}: ${this.#stderr}` });
      };
      const timer = setTimeout(() => {
        this.#child = undefined;
        child.kill('SIGKILL');
        finish({ result: 'hung' });
      }, HANG_MS);
      child.once('message', finish);
      child.once('exit', onExit);
      child.send(request);
    });
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  #start(): ChildProcess {
    const child = fork(this.#program, [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    child.stderr?.on('data', (text) => {
      this.#stderr = (this.#stderr + String(text)).slice(-2_000);
    });
    this.#child = child;
    return child;
  }
}
