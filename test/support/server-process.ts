/** A server in a separate process. A test can kill it and start it again on the same data and port. */

import { fileURLToPath } from 'node:url';
import type { DemoOptions, GivenSettings, SessionTraceOptions } from '@session-monitor/server';
import { freePort } from './free-port.js';
import { Remote } from './remote.js';
import type { RecordedSpan } from './span-recorder.mjs';

const ENTRY = fileURLToPath(new URL('./server-entry.mjs', import.meta.url));

export interface ServerProcessOptions {
  /** The data directory, or the address of Redis. */
  readonly path?: string;
  readonly redis?: { readonly url: string; readonly replicas?: number; readonly waitMs?: number };
  readonly node?: string;
  readonly drainMs?: number;
  readonly settings?: GivenSettings;
  readonly trace?: SessionTraceOptions;
  readonly demo?: Partial<DemoOptions>;
  /** Whether its spans are kept. */
  readonly traced?: boolean;
  /** The program of the process. Default: a server of today. */
  readonly entry?: string;
}

/** The commands of `server-entry.mjs`. */
interface Commands {
  readonly publish: (event: Publication) => number;
  readonly erase: (thread: { readonly thread_id: string }) => void;
  readonly message: (message: {
    readonly thread_id: string;
    readonly user_input: string;
    readonly message_id: string;
  }) => string;
  readonly fault: (fault: Fault) => void;
  readonly spans: () => readonly RecordedSpan[];
  readonly [name: string]: (argument: never) => unknown;
}

interface Publication {
  readonly thread_id: string;
  readonly event: string;
  readonly data: unknown;
  readonly message_id?: string;
}

interface Fault {
  readonly delayMs: number;
  readonly fails: boolean;
}

export class ServerProcess {
  readonly port: number;
  readonly #options: ServerProcessOptions;
  #remote: Remote<Commands> | undefined;

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

  /** What the newest process has written. */
  get said(): string {
    return this.#remote?.child.said ?? '';
  }

  /** Starts a new process on the same data and port; resolves when it listens. */
  async restart(): Promise<void> {
    const { entry = ENTRY, ...options } = this.#options;
    this.#remote = new Remote(entry, { args: [JSON.stringify({ port: this.port, ...options })] });
    await this.#remote.ready;
  }

  /** Resolves with the offset once the publish is acknowledged. Rejects if that can no longer happen. */
  publish(thread_id: string, event: string, data: unknown, message_id?: string): Promise<number> {
    const named = message_id === undefined ? {} : { message_id };
    return this.#running.ask('publish', { thread_id, event, data, ...named });
  }

  /** Erases a thread. */
  erase(thread_id: string): Promise<void> {
    return this.#running.ask('erase', { thread_id });
  }

  /** Sends a user's message; resolves with the run's id when the reply has ended. */
  message(thread_id: string, user_input: string, message_id: string): Promise<string> {
    return this.#running.ask('message', { thread_id, user_input, message_id });
  }

  /** The spans that have ended. */
  spans(): Promise<readonly RecordedSpan[]> {
    return this.#running.ask('spans');
  }

  fault(fault: Fault): Promise<void> {
    return this.#running.ask('fault', fault);
  }

  /** Suspends the process, or resumes it. */
  freeze(frozen: boolean): void {
    this.#running.child.signal(frozen ? 'SIGSTOP' : 'SIGCONT');
  }

  /** SIGKILL: no goodbye, no flush. */
  async kill(): Promise<void> {
    await this.#remote?.child.end('SIGKILL');
  }

  /** SIGTERM; resolves with the exit code. */
  async stop(): Promise<number | null> {
    return (await this.#running.child.end('SIGTERM')).code;
  }

  /** Resolves with the exit code when the process has ended by itself. */
  async exited(): Promise<number | null> {
    return (await this.#running.child.exit).code;
  }

  get #running(): Remote<Commands> {
    if (!this.#remote) throw new Error('The server was not started');
    return this.#remote;
  }
}
