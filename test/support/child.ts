/** Child processes: started, signalled and ended, with the end of their output. */

import { type ChildProcess, fork, type Serializable, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { within } from './until.js';

const MAX_SAID = 100_000;

/** They must not outlive this process. */
const running = new Set<Child>();
process.on('exit', () => {
  for (const child of running) child.signal('SIGKILL');
});

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface NodeOptions {
  readonly args?: readonly string[];
  /** Flags for Node. */
  readonly execArgv?: readonly string[];
  /** A command that runs Node, with its arguments. */
  readonly under?: readonly string[];
  /** The whole environment; that of this process if left out. */
  readonly env?: NodeJS.ProcessEnv;
  /** Gets its output, too. */
  readonly log?: Writable;
}

export class Child {
  readonly #process: ChildProcess;
  /** The end of its output. */
  said = '';
  /** Resolves when it has ended. */
  readonly exit: Promise<Exit>;

  constructor(child: ChildProcess, log?: Writable) {
    this.#process = child;
    for (const output of [child.stdout, child.stderr]) {
      output?.on('data', (bytes) => {
        log?.write(bytes);
        this.said = (this.said + String(bytes)).slice(-MAX_SAID);
      });
    }
    running.add(this);
    this.exit = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null) => {
        running.delete(this);
        resolve({ code, signal });
      };
      child.once('exit', end);
      child.on('error', ({ message }) => {
        this.said += message;
        if (child.pid === undefined) end(null, null);
      });
    });
  }

  /** A program of Node's, which exchanges messages with this process. */
  static node(file: string, nodeOptions: NodeOptions = {}): Child {
    const { args = [], execArgv = [], under = [], env, log } = nodeOptions;
    const [execPath = '', ...first] = [...under, process.execPath, ...execArgv];
    const options = { execPath, execArgv: first, silent: true, ...(env && { env }) };
    return new Child(fork(file, args, options), log);
  }

  static command(file: string, args: readonly string[]): Child {
    return new Child(spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get running(): boolean {
    return running.has(this);
  }

  onMessage(listener: (message: never) => void): void {
    this.#process.on('message', listener as (message: unknown) => void);
  }

  /** Sends a message; a process that is ending may not get it. */
  tell(message: Serializable): void {
    this.#process.send(message, () => {});
  }

  /** Resolves at its first message. Rejects with its output if it ends before, or sends none for `timeoutMs`. */
  async started(timeoutMs: number): Promise<void> {
    const message = once(this.#process, 'message');
    const first = await within(timeoutMs, Promise.race([message, this.exit]));
    if (Array.isArray(first)) return;
    const why = first ? `has ended with ${describeExit(first)}` : `was silent for ${timeoutMs} ms`;
    throw new Error(`The process ${why}: ${this.said}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Sends a signal, and resolves when it has ended. */
  async end(signal: NodeJS.Signals): Promise<Exit> {
    if (this.running) this.signal(signal);
    return this.exit;
  }

  /** Closes the way of the messages: most programs end then. */
  async disconnect(): Promise<Exit> {
    if (this.running && this.#process.connected) this.#process.disconnect();
    return this.exit;
  }
}

export const describeExit = ({ code, signal }: Exit): string => String(signal ?? code);
