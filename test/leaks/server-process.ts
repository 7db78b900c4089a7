/** Runs the server's process. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Measurement } from './measure.js';
import type { Answer, Holdings } from './messages.js';

export class LeakServer {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (value: Answer['value']) => void>();
  #id = 0;
  #closed = false;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
    child.on('exit', (code, signal) => {
      if (!this.#closed) throw new Error(`The server has ended with ${signal ?? code}`);
    });
    child.on('message', ({ id, value }: Answer) => {
      this.#waiting.get(id)?.(value);
      this.#waiting.delete(id);
    });
  }

  /** @param program the bundled `server.ts` */
  static async start(program: string, path: string, leak: boolean): Promise<LeakServer> {
    const child = fork(program, [path, ...(leak ? ['leak'] : [])], { execArgv: process.execArgv });
    const [{ value }] = (await once(child, 'message')) as [Answer];
    return new LeakServer(child, String(value));
  }

  async publish(thread_id: string, n: number): Promise<void> {
    await this.#ask({ ask: 'publish', thread_id, n });
  }

  async holdings(): Promise<Holdings> {
    return (await this.#ask({ ask: 'holdings' })) as Holdings;
  }

  async measure(): Promise<Measurement> {
    return (await this.#ask({ ask: 'measure' })) as Measurement;
  }

  close(): void {
    this.#closed = true;
    this.#child.kill('SIGKILL');
  }

  #ask(request: object): Promise<Answer['value']> {
    this.#id += 1;
    const id = this.#id;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#child.send({ id, ...request });
    });
  }
}
