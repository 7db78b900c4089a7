/** One thread's events in memory, and where a reader of them continues. */

import {
  type Cursor,
  decodeCursor,
  type Entry,
  encodeCursor,
  excessiveBytes,
  type Json,
  LIMITS,
  NO_TAG,
  type ResetReason,
  RUN_EVENTS,
  type Since,
} from '@session-monitor/protocol';
import {
  beginSince,
  continueAt,
  type DeltaRange,
  type LogBounds,
  type Position,
  RangeFinder,
  startOver,
} from '@session-monitor/protocol/rules';
import { badArgument, bytesOf, checkEventName } from './checks.js';
import type { Random } from './random.js';

/** An event of a thread, as it was published. */
export interface LoggedEvent {
  readonly offset: number;
  readonly event: string;
  readonly data: Json;
}

/** What a frame holds. */
export interface Slice {
  readonly events: readonly Entry[];
  readonly bytes: number;
  /** The last offset that it covers. */
  readonly to: number;
}

interface Stored {
  /** As JSON, so that each reader gets its own copy: `["name",data]`. */
  readonly encoded: string;
  /** Names the batch that it was appended with. */
  readonly tag: string;
}

/**
 * An event, checked and encoded: `["name",data]`.
 *
 * @throws TestingError ERR_BAD_ARGUMENT
 */
export function newEvent(event: string, data: unknown): string {
  checkEventName(event);
  let encoded: string;
  try {
    // What JSON has no word for becomes null, as on the server.
    encoded = JSON.stringify([event, data]);
  } catch (error) {
    throw badArgument(`The data of '${event}' is not JSON: ${String(error)}`);
  }
  if (excessiveBytes(encoded, bytesOf) === undefined) return encoded;
  throw badArgument(`The data of '${event}' has more than ${LIMITS.maxEventBytes} bytes.`);
}

export class FakeLog {
  readonly #random: Random;
  #epoch: string;
  /** The last offset that is gone; 0 for none. */
  #base = 0;
  #baseTag = NO_TAG;
  #stored: Stored[] = [];
  /** Each stands for several events, for readers that come to the first of them. */
  #compactedRanges: readonly DeltaRange[] = [];
  readonly #messages = new Map<string, number>();
  /** The epoch before this one, and how it ended. */
  #previous: { readonly epoch: string; readonly reason: ResetReason } | undefined;
  /** Why events of this epoch were replaced. */
  #replaced: ResetReason | undefined;

  constructor(random: Random) {
    this.#random = random;
    this.#epoch = random.name();
  }

  get epoch(): string {
    return this.#epoch;
  }

  get base(): number {
    return this.#base;
  }

  /** The last offset. */
  get head(): number {
    return this.#base + this.#stored.length;
  }

  get events(): readonly LoggedEvent[] {
    return this.#stored.map(({ encoded }, index) => {
      const [event, data] = JSON.parse(encoded) as [string, Json];
      return { offset: this.#base + 1 + index, event, data };
    });
  }

  /** Appends a batch of encoded events, once under its name. Returns the offset of its last event. */
  append(events: readonly string[], message_id?: string): number {
    const known = message_id === undefined ? undefined : this.#messages.get(message_id);
    if (known !== undefined) return known;
    const tag = this.#random.name();
    for (const encoded of events) this.#stored.push({ encoded, tag });
    if (message_id !== undefined) this.#messages.set(message_id, this.head);
    return this.head;
  }

  /** Whether another event has this name. One that is forgotten cannot be compared. */
  isReused(message_id: string, encoded: string): boolean {
    const known = this.#messages.get(message_id);
    const stored = known === undefined ? undefined : this.#stored[known - this.#base - 1];
    return stored !== undefined && stored.encoded !== encoded;
  }

  /** Forgets the events up to an offset. */
  trim(upTo: number): void {
    if (upTo <= this.#base) return;
    this.#baseTag = this.#tagAt(upTo) ?? NO_TAG;
    this.#stored.splice(0, upTo - this.#base);
    this.#base = upTo;
    this.#compactedRanges = this.#compactedRanges.filter(({ first }) => first > upTo);
  }

  /** Compacts a reply that has ended: later readers get its text in few events. */
  compact(run_id: string): void {
    const finder = new RangeFinder(run_id);
    for (const [index, { encoded }] of this.#stored.entries()) {
      finder.add(this.#base + 1 + index, encoded);
    }
    this.#compactedRanges = [...this.#compactedRanges, ...finder.ranges()];
  }

  /** Starts the log over: earlier cursors are refused with the reason. */
  restart(reason: ResetReason): void {
    const newEpoch = reason === 'deleted' || reason === 'epoch_changed';
    this.#previous = newEpoch ? { epoch: this.#epoch, reason } : this.#previous;
    this.#replaced = newEpoch ? undefined : reason;
    if (newEpoch) this.#epoch = this.#random.name();
    this.#base = 0;
    this.#baseTag = NO_TAG;
    this.#stored = [];
    this.#compactedRanges = [];
    this.#messages.clear();
  }

  /** Consecutive events after an offset, at least one if there is any. */
  read(after: number, maxEvents: number, maxBytes: number): Slice {
    const events: Entry[] = [];
    let bytes = 0;
    let to = Math.max(after, this.#base);
    for (let next = this.#next(to); next && events.length < maxEvents; next = this.#next(to)) {
      const { encoded, span } = next;
      // With the comma behind it.
      const size = bytesOf(encoded) + 1;
      if (events.length > 0 && bytes + size > maxBytes) break;
      events.push(JSON.parse(encoded) as Entry);
      bytes += size;
      to += span;
    }
    return { events, bytes, to };
  }

  cursorAt(offset: number): string {
    return encodeCursor({ epoch: this.#epoch, offset, tag: this.#tagAt(offset) ?? NO_TAG });
  }

  /** Continues at a cursor if it is of this log; else the reader starts over. */
  continueAt(text: string): Position {
    const bounds = this.#bounds();
    const cursor = decodeCursor(text);
    if (!cursor) return startOver(bounds, 'epoch_changed');
    const { epoch, offset, tag } = cursor;
    const found = this.#tagAt(offset);
    const isReplaced = epoch === this.#epoch && offset >= this.#base && tag !== found;
    if (isReplaced && this.#replaced) return startOver(bounds, this.#replaced);
    return continueAt(cursor, bounds, found);
  }

  /** Where a reader without a cursor begins. */
  beginSince(since: Since, began?: Cursor): Position {
    const tag = typeof since === 'number' ? this.#tagAt(since) : undefined;
    return beginSince(since, this.#bounds(), tag, began);
  }

  #bounds(): LogBounds {
    const previous = this.#previous && { previous: this.#previous };
    return {
      epoch: this.#epoch,
      offset: this.head,
      tag: this.#tagAt(this.head) ?? NO_TAG,
      base: this.#base,
      baseTag: this.#baseTag,
      ...previous,
    };
  }

  /** The next entry for a reader that has everything up to an offset. */
  #next(after: number): { readonly encoded: string; readonly span: number } | undefined {
    const standsFor = this.#compactedRanges.find(({ first }) => first === after + 1);
    if (!standsFor) {
      const stored = this.#stored[after - this.#base];
      return stored && { encoded: stored.encoded, span: 1 };
    }
    const { first, last, data } = standsFor;
    const span = last - first + 1;
    return { encoded: JSON.stringify([RUN_EVENTS.message, data, span]), span };
  }

  #tagAt(offset: number): string | undefined {
    if (offset === this.#base) return this.#baseTag;
    return this.#stored[offset - this.#base - 1]?.tag;
  }
}
