/** The server's process: started as by `npm start`, killed, stopped, drained, and started again. */

import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { Child, type Exit } from '../../support/child.js';
import { COMMAND } from '../../support/command.js';
import { ROOT } from '../../support/root.js';
import { within } from '../../support/until.js';

const PRELOAD = join(ROOT, 'test/chaos/server/preload.mjs');
/** For an overloaded machine; a start usually takes a second. */
const START_MS = 90_000;
const EXIT_MS = 40_000;
const MAX_SAID = 4_000;

export interface ServedOptions {
  readonly port: number;
  readonly backendPort: number;
  readonly logFile: string;
  readonly env: Readonly<Record<string, string>>;
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
  /** The process that serves. */
  #child: Child | undefined;
  #newest: Child | undefined;

  constructor(options: ServedOptions) {
    this.#options = options;
    this.#log = createWriteStream(options.logFile);
  }

  /** The end of the newest process's output. */
  get said(): string {
    return this.#newest?.said.slice(-MAX_SAID) ?? '';
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
    const child = Child.node(COMMAND, {
      args: ['serve'],
      execArgv: ['--import', PRELOAD],
      log: this.#log,
      env: {
        PATH,
        HOME,
        ...env,
        PORT: `${port}`,
        CHAOS_BACKEND_PORT: `${backendPort}`,
        CHAOS_SHIFT_MS: `${shiftMs}`,
        ...(pace && { CHAOS_PACE: JSON.stringify(pace) }),
      },
    });
    this.#child = child;
    this.#newest = child;
    void child.exit.then((exit) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.onAccident(exit);
    });
    await child.started(START_MS);
    this.startTimes.push(performance.now() - startedAt);
  }

  /** Sends the process an order; see `orders.mjs`. */
  order(order: { readonly type: 'clock' | 'disk'; readonly [field: string]: unknown }): void {
    this.#child?.tell(order);
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.signal(signal);
  }

  /** Resolves when it has ended by this signal, or by itself if there is none. */
  async end(signal?: 'SIGKILL' | 'SIGTERM'): Promise<Exit> {
    const child = this.#child;
    if (!child) throw new Error('There is no server to end');
    this.#child = undefined;
    if (signal) child.signal(signal);
    const exit = await within(EXIT_MS, child.exit);
    if (exit) return exit;
    child.signal('SIGKILL');
    throw new Error(`The server has not ended ${EXIT_MS} ms after ${signal ?? 'its failure'}`);
  }

  /** Resolves when it has ended by itself, or with undefined after `ms` if it has not. */
  async endsWithin(ms: number): Promise<Exit | undefined> {
    const child = this.#child;
    if (!child) throw new Error('There is no server');
    const accident = this.onAccident;
    this.onAccident = () => {};
    try {
      return await within(ms, child.exit);
    } finally {
      this.onAccident = accident;
    }
  }

  close(): void {
    const child = this.#child;
    this.#child = undefined;
    child?.signal('SIGKILL');
    this.#log.end();
  }
}
