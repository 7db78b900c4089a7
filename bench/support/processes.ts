/**
 * Server and load run in separate processes, so that neither pays for the other. A process gets commands by
 * name, over IPC, and answers each with a value.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** A process's commands: one argument, and an answer that survives JSON. */
export type Handlers = Readonly<Record<string, (argument: never) => unknown>>;

interface BenchRequest {
  readonly id: number;
  readonly name: string;
  readonly argument: never;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** Called in the process that answers. */
export function answerWith(handlers: Handlers): void {
  process.on('message', async ({ id, name, argument }: BenchRequest) => {
    try {
      process.send?.({ id, value: await handlers[name]?.(argument) });
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? error.stack : String(error) });
    }
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ id: 0 });
}

type Argument<H> = H extends () => unknown
  ? undefined
  : H extends (a: infer A) => unknown
    ? A
    : never;
type Value<H> = H extends (argument: never) => infer R ? Awaited<R> : never;

export class Remote<H extends Handlers> {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #id = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (answer: Answer) => this.#waiting.get(answer.id)?.(answer));
    child.on('exit', (code, signal) => {
      const error = `The process has ended: ${signal ?? code}`;
      for (const [id, answer] of this.#waiting) answer({ id, error });
    });
  }

  /** @param execArgv flags for Node */
  static async start<H extends Handlers>(
    file: URL,
    execArgv: readonly string[],
  ): Promise<Remote<H>> {
    const child = fork(file, {
      execArgv: [...execArgv],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const remote = new Remote<H>(child);
    await remote.#answer(0);
    return remote;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  ask<Name extends keyof H & string>(
    name: Name,
    ...[argument]: Argument<H[Name]> extends undefined ? [] : [Argument<H[Name]>]
  ): Promise<Value<H[Name]>> {
    this.#id += 1;
    const id = this.#id;
    const answer = this.#answer(id);
    this.#child.send({ id, name, argument });
    return answer as Promise<Value<H[Name]>>;
  }

  /** Disconnects the process, so that it exits by itself and writes its profile, if it makes one. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.disconnect();
    await exit;
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }

  #answer(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ value, error }) => {
        this.#waiting.delete(id);
        if (error === undefined) resolve(value);
        else reject(new Error(error));
      });
    });
  }
}
