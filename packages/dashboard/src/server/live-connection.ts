/**
 * Keeps a live stream open: one at a time, for what the page shows at the moment.
 *
 *     connecting ──► live ──ended──► gone ──wait──► connecting
 *         ├── asks for a key ──► gated ── takes one ──► live
 *         └── does not take the query ──► refused ── another one ──► connecting
 */

import type { LiveLine } from '../model/answers.js';
import { applyLine, type LiveState, NOTHING_YET } from '../model/live.js';
import type { Answer, Problem } from '../model/problem.js';
import type { Server } from './server.js';

export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  /** `nextAt`: when it is tried again, in milliseconds since 1970. */
  | {
      readonly state: 'gone';
      readonly problem: Problem;
      readonly since: number;
      readonly nextAt: number;
    }
  | { readonly state: 'gated'; readonly problem: Problem }
  /** The server does not take the query, or the caller: asking again would not help. */
  | { readonly state: 'refused'; readonly problem: Problem };

export interface LiveView extends LiveState {
  readonly connection: Connection;
  /** The query that the rows are of. */
  readonly query: string;
}

export interface LiveClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once. Returns what cancels it. */
  after(ms: number, call: () => void): () => void;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;
/** Figures come once a second: a connection that is silent for so long is dead. */
const SILENT_MS = 8_000;
/** The figures alone. */
export const TOTALS_ALONE = 'limit=0';

export class LiveConnection {
  readonly #server: Pick<Server, 'follow'>;
  readonly #clock: LiveClock;
  readonly #listeners = new Set<() => void>();
  #view: LiveView = { ...NOTHING_YET, connection: { state: 'connecting' }, query: TOTALS_ALONE };
  #controller: AbortController | undefined;
  #cancelWait = () => {};
  #cancelSilence = () => {};
  #failures = 0;
  #goneSince = 0;

  constructor(server: Pick<Server, 'follow'>, clock: LiveClock) {
    this.#server = server;
    this.#clock = clock;
  }

  get view(): LiveView {
    return this.#view;
  }

  /** Calls back at each change. Returns what ends it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Shows another part of the list, or the figures alone. What is shown stays until the other rows are there. */
  show(query: string): void {
    if (query === this.#view.query && this.#controller) return;
    this.#set({ query });
    if (this.#view.connection.state !== 'gated') this.connect();
  }

  /** Connects at once: at the beginning, with another key, or because the operator asks for it. */
  connect(): void {
    this.#controller?.abort();
    this.#cancelWait();
    const controller = new AbortController();
    this.#controller = controller;
    const { connection } = this.#view;
    // A server that is gone stays so until it answers: what says so does not flicker.
    if (connection.state === 'gone') {
      this.#set({ connection: { ...connection, nextAt: this.#clock.now() } });
    } else if (connection.state !== 'live' && connection.state !== 'gated') {
      // What asks for a key stays until the server has taken one.
      this.#set({ connection: { state: 'connecting' } });
    }
    this.#listen(controller);
    void this.#follow(controller);
  }

  stop(): void {
    this.#controller?.abort();
    this.#controller = undefined;
    this.#cancelWait();
    this.#cancelSilence();
  }

  async #follow(controller: AbortController): Promise<void> {
    const answer = await this.#server.follow(
      `debug/live?${this.#view.query}`,
      () => {
        if (this.#controller !== controller) return;
        this.#failures = 0;
        this.#set({ connection: { state: 'live' } });
      },
      (line) => {
        if (this.#controller !== controller) return;
        this.#listen(controller);
        this.#set(applyLine(this.#view, line as LiveLine));
      },
      controller.signal,
    );
    // Another stream has taken its place.
    if (this.#controller !== controller) return;
    this.#ended(answer);
  }

  /** Takes a connection that says nothing for one that is dead. */
  #listen(controller: AbortController): void {
    this.#cancelSilence();
    this.#cancelSilence = this.#clock.after(SILENT_MS, () => controller.abort());
  }

  #ended(answer: Answer<undefined>): void {
    this.#cancelSilence();
    const problem: Problem = answer.ok
      ? { kind: 'gone', message: 'The server has ended the stream.' }
      : answer.problem;
    if (problem.kind === 'gate') {
      this.#controller = undefined;
      this.#set({ ...NOTHING_YET, connection: { state: 'gated', problem } });
      return;
    }
    const isFinal =
      problem.kind === 'forbidden' || (problem.kind === 'refused' && problem.retryAfterMs === null);
    if (isFinal) {
      this.#controller = undefined;
      this.#set({ connection: { state: 'refused', problem } });
      return;
    }
    const now = this.#clock.now();
    if (this.#view.connection.state !== 'gone' && this.#failures === 0) this.#goneSince = now;
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures);
    const ms = (problem.kind === 'refused' && problem.retryAfterMs) || waitMs;
    this.#failures += 1;
    const connection = {
      state: 'gone',
      problem,
      since: this.#goneSince,
      nextAt: now + ms,
    } as const;
    this.#set({ connection });
    this.#cancelWait = this.#clock.after(ms, () => this.connect());
  }

  #set(change: Partial<LiveView>): void {
    this.#view = { ...this.#view, ...change };
    for (const listener of this.#listeners) listener();
  }
}
