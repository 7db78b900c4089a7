/** A child process that answers questions: the other end of `answer.mjs`. */

import type { Serializable } from 'node:child_process';
import { Child, describeExit, type Exit, type NodeOptions } from './child.js';

/** By name: one argument, and an answer that survives JSON. */
export type Handlers = Readonly<Record<string, (argument: never) => unknown>>;

type Argument<H> = H extends () => unknown
  ? undefined
  : H extends (argument: infer A) => unknown
    ? A
    : never;
type Value<H> = H extends (argument: never) => infer R ? Awaited<R> : never;

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

export class Remote<H extends Handlers> {
  readonly child: Child;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #id = 0;
  /** Resolves when it answers. Rejects with what it said if it ends before. */
  readonly ready: Promise<unknown>;

  constructor(file: string, options: NodeOptions = {}) {
    this.child = Child.node(file, options);
    this.child.onMessage((answer: Answer) => this.#waiting.get(answer.id)?.(answer));
    void this.child.exit.then((exit) => {
      const error = `The process has ended with ${describeExit(exit)}: ${this.child.said}`;
      for (const [id, answer] of this.#waiting) answer({ id, error });
    });
    this.ready = this.#answer(0);
    // A question that is asked before learns of it, too.
    this.ready.catch(() => {});
  }

  static async start<H extends Handlers>(file: string, options: NodeOptions = {}) {
    const remote = new Remote<H>(file, options);
    await remote.ready;
    return remote;
  }

  ask<Name extends keyof H & string>(
    name: Name,
    ...[argument]: Argument<H[Name]> extends undefined ? [] : [Argument<H[Name]>]
  ): Promise<Value<H[Name]>> {
    this.#id += 1;
    const answer = this.#answer(this.#id);
    this.child.tell({ id: this.#id, name, argument } as Serializable);
    return answer as Promise<Value<H[Name]>>;
  }

  /** Disconnects it, so that it exits by itself and writes its profile, if it makes one. */
  stop(): Promise<Exit> {
    return this.child.disconnect();
  }

  #answer(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ value, error }) => {
        this.#waiting.delete(id);
        if (error === undefined) resolve(value);
        else reject(new Error(error));
      });
      if (!this.child.running)
        this.#waiting.get(id)?.({ id, error: `The process has ended: ${this.child.said}` });
    });
  }
}
