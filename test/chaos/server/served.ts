/** The server's process: started as by `npm start`, killed, stopped, drained, and started again. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../support/root.js';

const MAIN = join(ROOT, 'packages/session-monitor/dist/cli/main.js');
const PRELOAD = join(ROOT, 'test/chaos/server/preload.mjs');
/** For an overloaded machine; a start usually takes a second. */
const START_MS = 90_000;
const EXIT_MS = 40_000;

export interface ServedOptions {
  readonly port: number;
  readonly backendPort: number;
  readonly logFile: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StartOptions {
  readonly shiftMs?: number;
  /** When batches move from the journal to the logs; the product's default if left out. */
  readonly pace?: object | undefined;
}

export class Served {
  readonly #options: ServedOptions;
  readonly #log: WriteStream;
  /** Milliseconds from each start until it listened. */
  readonly startTimes: number[] = [];
  #child: ChildProcess | undefined;
  /** The end of the newest process's output. */
  #said = '';

  constructor(options: ServedOptions) {
    this.#options = options;
    this.#log = createWriteStream(options.logFile);
  }

  get said(): string {
    return this.#said;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  /** Called when a process ends by accident. */
  onAccident: (exit: Exit) => void = () => {};

  async start({ shiftMs = 0, pace }: StartOptions = {}): Promise<void> {
    const { port, backendPort, env } = this.#options;
    const { PATH = '', HOME = '' } = process.env;
    const startedAt = performance.now();
    const child = spawn(process.execPath, ['--import', PRELOAD, MAIN, 'serve'], {
      cwd: ROOT,
      env: {
        PATH,
        HOME,
        ...env,
        PORT: `${port}`,
        CHAOS_BACKEND_PORT: `${backendPort}`,
        CHAOS_SHIFT_MS: `${shiftMs}`,
        ...(pace && { CHAOS_PACE: JSON.stringify(pace) }),
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    this.#said = '';
    for (const output of [child.stdout, child.stderr]) {
      output?.on('data', (bytes) => this.#hear(String(bytes)));
    }
    child.on('exit', (code, signal) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.onAccident({ code, signal });
    });
    await within(START_MS, 'the server listens', [
      once(child, 'message'),
      once(child, 'exit').then(() => {
        throw new Error(`The server has ended instead of starting: ${this.#said}`);
      }),
    ]);
    this.startTimes.push(performance.now() - startedAt);
  }

  /** Sends the process an order; see `orders.mjs`. */
  order(order: { readonly type: 'clock' | 'disk'; readonly [field: string]: unknown }): void {
    // It may be dying at this moment.
    this.#child?.send(order, () => {});
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal);
  }

  /** Resolves when it has ended by this signal, or by itself if there is none. */
  async end(signal?: 'SIGKILL' | 'SIGTERM'): Promise<Exit> {
    const child = this.#child;
    if (!child) throw new Error('There is no server to end');
    this.#child = undefined;
    const exit = once(child, 'exit');
    if (signal) child.kill(signal);
    const why = signal ? `the server ends on ${signal}` : 'the server ends by itself';
    try {
      const [code, ended] = await within(EXIT_MS, why, [exit]);
      return { code, signal: ended };
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  /** Resolves when it has ended by itself, or with undefined after `ms` if it has not. */
  async endsWithin(ms: number): Promise<Exit | undefined> {
    const child = this.#child;
    if (!child) throw new Error('There is no server');
    const accident = this.onAccident;
    const ended = new Promise<Exit>((resolve) => {
      this.onAccident = resolve;
    });
    try {
      return await within(ms, 'the server ends', [ended]).catch(() => undefined);
    } finally {
      this.onAccident = accident;
    }
  }

  close(): void {
    const child = this.#child;
    this.#child = undefined;
    child?.kill('SIGKILL');
    this.#log.end();
  }

  #hear(text: string): void {
    this.#log.write(text);
    this.#said = (this.#said + text).slice(-4_000);
  }
}

async function within<T>(ms: number, what: string, ways: readonly Promise<T>[]): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${ms} ms in vain: ${what}`)), ms);
  });
  try {
    return await Promise.race([...ways, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
