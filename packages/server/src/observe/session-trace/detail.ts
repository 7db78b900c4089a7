/**
 * What an operator watches in detail: sessions, threads and users, each until a time. While nothing is watched, what is
 * frequent asks for `isOn` and for nothing else.
 */

import type { Cancel, Clock } from '../../util/clock.js';

/** What a question or a watch is about. */
export type TraceSubject =
  | { readonly session_id: string }
  | { readonly thread_id: string }
  | { readonly user_id: string };

/** What may be watched. */
export interface Watchable {
  readonly session_id?: string | undefined;
  /** A v1 session goes by the id of its connection. */
  readonly connection?: string | undefined;
  readonly thread_id?: string | undefined;
  readonly user_id?: string | null | undefined;
}

export type TraceWatch = TraceSubject & {
  /** Milliseconds since 1970. */
  readonly until: number;
};

const MAX_DETAIL_MS = 3_600_000;
const MAX_WATCHES = 100;

interface Watched {
  readonly subject: TraceSubject;
  readonly until: number;
  readonly cancel: Cancel;
}

export interface DetailDeps {
  /** What the lines of all that is watched may take, until nothing is watched any more. */
  readonly maxBytes: number;
  readonly clock: Pick<Clock, 'wall' | 'after'>;
  /** A watch has ended by itself. */
  readonly onEnded: (subject: TraceSubject, reason: 'time' | 'room') => void;
}

export class Detail {
  /** Whether anything is watched. */
  isOn = false;
  readonly #deps: DetailDeps;
  readonly #watched = new Map<string, Watched>();
  #bytes = 0;

  constructor(deps: DetailDeps) {
    this.#deps = deps;
  }

  /** Watches for so long, from now. False: too many are watched. */
  begin(subject: TraceSubject, ms: number): boolean {
    const key = keyOf(subject);
    const known = this.#watched.get(key);
    if (!known && this.#watched.size >= MAX_WATCHES) return false;
    known?.cancel();
    if (!this.isOn) this.#bytes = 0;
    const { clock } = this.#deps;
    const forMs = Math.min(ms, MAX_DETAIL_MS);
    const cancel = clock.after(forMs, () => this.#endByItself(key, 'time'));
    this.#watched.set(key, { subject, until: clock.wall() + forMs, cancel });
    this.isOn = true;
    return true;
  }

  /** Returns whether it was watched. */
  end(subject: TraceSubject): boolean {
    return this.#forget(keyOf(subject)) !== undefined;
  }

  /** Counts a line of what is watched. When they have taken their share of the trace, nothing is watched any more. */
  spend(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= this.#deps.maxBytes) return;
    for (const key of [...this.#watched.keys()]) this.#endByItself(key, 'room');
  }

  /** Whether it is watched, by itself, with its thread or with its user. */
  covers({ session_id, connection, thread_id, user_id }: Watchable): boolean {
    return (
      this.#watched.has(`session_id ${session_id}`) ||
      this.#watched.has(`session_id ${connection}`) ||
      this.#watched.has(`thread_id ${thread_id}`) ||
      this.#watched.has(`user_id ${user_id}`)
    );
  }

  list(): readonly TraceWatch[] {
    return [...this.#watched.values()].map(({ subject, until }) => ({ ...subject, until }));
  }

  stop(): void {
    for (const key of [...this.#watched.keys()]) this.#forget(key);
  }

  #endByItself(key: string, reason: 'time' | 'room'): void {
    const watched = this.#forget(key);
    if (watched) this.#deps.onEnded(watched.subject, reason);
  }

  #forget(key: string): Watched | undefined {
    const watched = this.#watched.get(key);
    watched?.cancel();
    this.#watched.delete(key);
    this.isOn = this.#watched.size > 0;
    return watched;
  }
}

function keyOf(subject: TraceSubject): string {
  const [[name, id] = []] = Object.entries(subject);
  return `${name} ${id}`;
}
