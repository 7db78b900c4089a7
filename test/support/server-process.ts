/** A server in a separate process. A test can kill it and start it again on the same data and port. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { DemoOptions, SessionSettings } from '@session-monitor/server';
import { freePort } from './free-port.js';

const ENTRY = fileURLToPath(new URL('./server-entry.mjs', import.meta.url));

export interface ServerProcessOptions {
  /** The data directory, or the address of Redis. */
  readonly path?: string;
  readonly redis?: { readonly url: string; readonly replicas?: number; readonly waitMs?: number };
  readonly node?: string;
  readonly drainMs?: number;
  readonly settings?: Partial<SessionSettings>;
  readonly demo?: Partial<DemoOptions>;
  /** The program of the process. Default: a server of today. */
  readonly entry?: string;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

export class ServerProcess {
  readonly port: number;
  readonly #options: ServerProcessOptions;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #child: ChildProcess | undefined;
  #id = 0;
  /** What the newest process has written to stderr. */
  stderr = '';

  private constructor(port: number, options: ServerProcessOptions) {
    this.port = port;
    this.#options = options;
  }

  static async start(options: ServerProcessOptions): Promise<ServerProcess> {
    const server = new ServerProcess(await freePort(), options);
    await server.restart();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts a new process on the same data and port; resolves when it listens. */
  async restart(): Promise<void> {
    const { entry = ENTRY, ...options } = this.#options;
    const child = fork(entry, [JSON.stringify({ port: this.port, ...options })], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child = child;
    this.stderr = '';
    child.stderr?.on('data', (text) => {
      this.stderr += String(text);
    });
    child.on('message', (answer: Answer) => this.#waiting.get(answer.id)?.(answer));
    child.on('exit', () => {
      for (const [id, answer] of this.#waiting) answer({ id, error: 'the process has ended' });
    });
    await this.#answer(0);
  }

  /** Resolves with the offset once the publish is acknowledged. Rejects if that can no longer happen. */
  async publish(
    thread_id: string,
    event: string,
    data: unknown,
    message_id?: string,
  ): Promise<number> {
    return (await this.#ask({ command: 'publish', thread_id, event, data, message_id })) as number;
  }

  /** Erases a thread. */
  async erase(thread_id: string): Promise<void> {
    await this.#ask({ command: 'erase', thread_id });
  }

  /** Sends a user's message; resolves with the run's id when the reply has ended. */
  async message(thread_id: string, user_input: string, message_id: string): Promise<string> {
    return (await this.#ask({ command: 'message', thread_id, user_input, message_id })) as string;
  }

  async fault(fault: { delayMs: number; fails: boolean }): Promise<void> {
    await this.#ask({ command: 'fault', ...fault });
  }

  /** Suspends the process, or resumes it. */
  freeze(frozen: boolean): void {
    this.#child?.kill(frozen ? 'SIGSTOP' : 'SIGCONT');
  }

  /** SIGKILL: no goodbye, no flush. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGTERM; resolves with the exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  /** Resolves with the exit code when the process has ended by itself. */
  async exited(): Promise<number | null> {
    const child = this.#child;
    if (child && child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child?.exitCode ?? null;
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return null;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
    return child.exitCode;
  }

  #ask(message: object): Promise<unknown> {
    this.#id += 1;
    const id = this.#id;
    const answer = this.#answer(id);
    this.#child?.send({ id, ...message }, (error) => {
      if (error) this.#waiting.get(id)?.({ id, error: error.message });
    });
    return answer;
  }

  #answer(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ value, error }) => {
        this.#waiting.delete(id);
        if (error === undefined) resolve(value);
        else reject(new Error(`${error} ${this.stderr}`));
      });
    });
  }
}
