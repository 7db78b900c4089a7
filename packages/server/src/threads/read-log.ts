/** A thread's log as an async iterable, for programs: through the same pump as every other reader. */

import type { Gap, Json, Reset } from '@session-monitor/protocol';
import { noticesOf, type Position } from '@session-monitor/protocol/rules';
import type { LogStore } from '../stores/store.js';
import { type Locatable, positionAt, positionSince } from './position-at.js';
import type { Frame, Pump } from './pump.js';
import { ReaderLink } from './reader-link.js';
import type { SliceEntry } from './slice.js';
import type { ThreadLease, Threads } from './threads.js';

/** One event of a log. */
export interface LoggedEvent {
  readonly type: 'event';
  /** Its offset; the last one of a compacted range. */
  readonly offset: number;
  readonly event: string;
  readonly data: Json;
  /** Where a later `read` goes on after this event. */
  readonly cursor: string;
  /** How many offsets it stands for; 1 unless a reply was compacted. */
  readonly span: number;
}

/** What `read` yields: the events in order, and a gap or reset where some are missing. */
export type LogEntry =
  | LoggedEvent
  /** These offsets are no longer kept. */
  | ({ readonly type: 'gap' } & Gap)
  /** Earlier entries are void: the log continues from `from`. */
  | ({ readonly type: 'reset' } & Reset);

/** Where `read` begins and how it goes on. */
export interface ReadOptions {
  /** Where to begin: `start` (default), `now`, after an offset, or after a cursor that `read` gave. */
  readonly since?: string | number;
  /** Continue at the end of the log with new events. Default false: end where the log ended when `read` was called. */
  readonly follow?: boolean;
  /** Yield one event for the text of a reply that has ended, if the reader is at its beginning. Default true. */
  readonly compacted?: boolean;
  /** Ends the reading. */
  readonly signal?: AbortSignal;
}

export interface ReadDeps {
  readonly threads: Threads;
  readonly logs: Pick<LogStore, 'head'>;
  /** Functions that end the active readers; called when the server closes. */
  readonly endings: Set<() => void>;
}

/** Reads a log. Rejects, while it is iterated, if the store cannot answer. */
export async function* readLog(
  { threads, logs, endings }: ReadDeps,
  log_id: string,
  { since = 'start', follow = false, compacted = true, signal }: ReadOptions = {},
): AsyncGenerator<LogEntry, void, undefined> {
  // A read without `follow` creates no thread.
  if (!follow && !(await logs.head(log_id))) return;
  const { lease, position } = await threads.acquireAt(log_id, (log) => positionFrom(log, since));
  const reader = new LogReader(lease, position, compacted);
  const end = follow ? undefined : lease.log.head;
  const stop = () => reader.stop();
  endings.add(stop);
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  try {
    yield* announcementsOf(noticesOf(position));
    if (end && reader.hasPassed(end)) return;
    reader.start();
    for (;;) {
      const frame = await reader.next();
      if (!frame) return;
      yield* announcementsOf(frame);
      for (const entry of frame.slice?.entries() ?? []) {
        if (reader.stopped) return;
        yield eventOf(entry);
      }
      reader.taken(frame);
      if (end && reader.hasPassed(end)) return;
    }
  } finally {
    endings.delete(stop);
    signal?.removeEventListener('abort', stop);
    reader.stop();
    lease.release();
  }
}

/** A pump whose link is the loop that reads: it sends the next frame when the last one was taken. */
class LogReader extends ReaderLink {
  readonly #pump: Pump;
  #frame: Frame | undefined;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;
  stopped = false;

  constructor(lease: ThreadLease, position: Position, compacted: boolean) {
    super();
    const onError = (error: unknown) => this.#fail(error);
    this.#pump = this.pump(lease, position, compacted, { onError });
  }

  start(): void {
    this.#pump.start();
  }

  /** Ends the reading. A pending `next` resolves with undefined. */
  stop(): void {
    this.stopped = true;
    this.#pump.stop();
    this.#wake?.();
  }

  /** Whether the reader has reached the given end of the log, or is in another epoch by now. */
  hasPassed(end: { readonly epoch: string; readonly offset: number }): boolean {
    return this.#pump.epoch !== end.epoch || this.#pump.acknowledged >= end.offset;
  }

  /** Resolves with the next frame; with undefined when the reader was stopped. */
  async next(): Promise<Frame | undefined> {
    while (!this.#frame && !this.#failure && !this.stopped) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.stopped) return undefined;
    if (this.#failure) throw this.#failure.error;
    return this.#frame;
  }

  /** The frame was read to its end. */
  taken({ epoch, slice, offset }: Frame): void {
    this.#frame = undefined;
    this.#pump.acknowledge(epoch, slice?.to ?? offset - 1);
  }

  #fail(error: unknown): void {
    this.#failure = { error };
    this.#wake?.();
  }

  join(): () => void {
    return () => {};
  }

  writable(): boolean {
    return this.#frame === undefined;
  }

  send(frame: Frame): void {
    this.#frame = frame;
    this.#wake?.();
  }
}

const positionFrom = (log: Locatable, since: string | number): Promise<Position> =>
  since === 'start' || since === 'now' || typeof since === 'number'
    ? positionSince(log, since)
    : positionAt(log, since);

function announcementsOf({ gap, reset }: Pick<Frame, 'gap' | 'reset'>): readonly LogEntry[] {
  return [
    ...(reset ? [{ type: 'reset', ...reset } as const] : []),
    ...(gap ? [{ type: 'gap', ...gap } as const] : []),
  ];
}

function eventOf({ offset, span, text, cursor }: SliceEntry): LoggedEvent {
  const [event, data] = JSON.parse(text) as [string, Json];
  return { type: 'event', offset, event, data, cursor, span };
}
