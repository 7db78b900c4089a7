/** The sessions of one process, and what each of them received. */

import { createHash, type Hash } from 'node:crypto';
import { SessionMonitor } from '@session-monitor/client';
import { io, type Socket } from 'socket.io-client';

/** The evidence of one session. */
export interface Seen {
  readonly thread_id: string;
  readonly state: string;
  readonly offset: number;
  /** A digest of all events in order. */
  readonly digest: string;
  /** How each reply ended. */
  readonly ends: Readonly<Record<string, string>>;
  readonly violations: readonly string[];
  /** The longest time without a live session, in milliseconds. */
  readonly awayMs: number;
  /** The steps of that absence: milliseconds since the session was live, and the step. */
  readonly stream: readonly string[];
  /** When it came back, milliseconds since 1970. */
  readonly returns: readonly number[];
}

/** The number of steps of one absence that are kept. */
const MAX_STREAM = 40;

interface RunData {
  readonly run_id?: string;
  readonly status?: string;
}

export class Follower {
  readonly #thread_id: string;
  readonly #socket: Socket;
  readonly #monitor: SessionMonitor;
  readonly #hash: Hash = createHash('sha256');
  readonly #ends: Record<string, string> = {};
  readonly #open = new Set<string>();
  readonly #violations: string[] = [];
  readonly #returns: number[] = [];
  #offset = 0;
  #awaySince: number | undefined;
  #awayMs = 0;
  #stream: string[] = [];
  #longest: readonly string[] = [];

  constructor(url: string, thread_id: string) {
    this.#thread_id = thread_id;
    this.#socket = io(url, { transports: ['websocket'], forceNew: true });
    this.#monitor = new SessionMonitor(this.#socket, { thread_id, storage: null });
    this.#monitor.onAny((event, data, { offset }) => this.#see(event, data as RunData, offset));
    this.#monitor.on('gap', (gap) => this.#violations.push(`gap ${JSON.stringify(gap)}`));
    this.#monitor.on('reset', (reset) => this.#violations.push(`reset ${JSON.stringify(reset)}`));
    this.#monitor.on('failed', (reason) => this.#violations.push(`failed ${String(reason)}`));
    let registered = 0;
    this.#monitor.on('registered', () => {
      registered += 1;
      if (registered > 1) this.#returns.push(Date.now());
    });
    this.#monitor.on('status', ({ state }) => {
      this.#note(state);
      this.#be(state === 'live');
    });
    this.#monitor.on('error', ({ code, message }) => this.#note(`${code}: ${message}`));
    this.#monitor.on('draining', ({ retry_after_ms }) => this.#note(`draining ${retry_after_ms}`));
    this.#socket.on('connect_error', ({ message }) => this.#note(`connect_error ${message}`));
    this.#socket.on('disconnect', (reason) => this.#note(`disconnect ${reason}`));
    this.#monitor.start();
  }

  get seen(): Seen {
    return {
      thread_id: this.#thread_id,
      state: this.#monitor.status.state,
      offset: this.#offset,
      digest: this.#hash.copy().digest('base64url'),
      ends: this.#ends,
      violations: this.#violations,
      awayMs: this.#awayMs,
      stream: this.#longest,
      returns: this.#returns,
    };
  }

  #note(what: string): void {
    const ms = this.#awaySince === undefined ? 0 : Math.round(performance.now() - this.#awaySince);
    this.#stream = [...this.#stream.slice(-MAX_STREAM), `${ms} ${what}`];
  }

  #be(live: boolean): void {
    const now = performance.now();
    // The time before the first live session is no absence.
    if (!live) {
      if (this.#offset > 0 || this.#returns.length > 0) this.#awaySince ??= now;
      return;
    }
    const awayMs = this.#awaySince === undefined ? 0 : now - this.#awaySince;
    if (awayMs > this.#awayMs) {
      this.#awayMs = awayMs;
      this.#longest = this.#stream;
    }
    this.#awaySince = undefined;
    this.#stream = [];
  }

  #see(event: string, data: RunData, offset: number): void {
    if (offset !== this.#offset + 1) this.#violations.push(`${offset} after ${this.#offset}`);
    this.#offset = offset;
    this.#hash.update(`${offset} ${event} ${JSON.stringify(data)}\n`);
    const { run_id, status } = data ?? {};
    if (run_id === undefined) return;
    if (this.#ends[run_id]) this.#violations.push(`${event} of ${run_id} after its end`);
    if (event === 'run_started') this.#open.add(run_id);
    else if (!this.#open.has(run_id))
      this.#violations.push(`${event} of ${run_id} before its start`);
    if (event === 'run_finished') this.#ends[run_id] = status ?? 'unknown';
  }
}
