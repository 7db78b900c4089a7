/**
 * One thread as this node sees it while it has readers: the head, and the newest slice, which readers at the
 * same offset share. It pushes no events; it only wakes readers.
 */

import type { Position } from '@session-monitor/protocol/rules';
import type { MarkedLog, PublishMark } from '../observe/metrics/publish-samples.js';
import type { EventBatch } from '../stores/event-batch.js';
import type { AppendMark, Location, LogStore, ThreadHead } from '../stores/store.js';
import { invariant } from '../util/assert.js';
import type { PeerTurns } from '../util/peer-turns.js';
import { SmallSet } from '../util/small-set.js';
import type { CatchUpTurns } from './catch-up-turns.js';
import type { EphemeralEvent } from './ephemeral.js';
import { positionAt } from './position-at.js';
import { BatchShelf, RecentBatches } from './recent-batches.js';
import { cutSlice, type Slice, type SliceLimits } from './slice.js';

/** A reader that sleeps at the head, or until it has credit. */
export interface Subscriber {
  wake(): void;
  /** Passes an ephemeral event on, if it leaves at once. Absent for readers that get none. */
  pass?(ephemeral: EphemeralEvent): void;
}

/** Learns of the marks of appends, as of all advances of the logs that are followed here. */
export interface MarkListener {
  /** @param isWhole whether all of the advance is known: without it, marks may be missing */
  advanced(
    log_id: string,
    epoch: string,
    isWhole: boolean,
    marks: readonly AppendMark[] | undefined,
  ): void;
  /** The log is not followed here any more. */
  closed(log_id: string): void;
}

interface PendingRead {
  readonly after: number;
  readonly limits: SliceLimits;
  readonly slice: Promise<Slice | undefined>;
}

/** What all threads of a node share. */
export interface ThreadLogDeps {
  readonly logs: LogStore;
  /** Where the newest batches are kept. */
  readonly shelf?: BatchShelf;
  /** Whose turn it is to read the store. */
  readonly turns?: CatchUpTurns | undefined;
  /** Whose turn it is, if an ephemeral event has many readers. */
  readonly peerTurns?: PeerTurns | undefined;
  /** Learns of the marks of appends, before the readers are woken. Absent while nothing is traced. */
  readonly onMarks?: MarkListener | undefined;
}

/** Readers that get an ephemeral event in one turn: a millisecond of work. */
const PASSED_AT_ONCE = 50;
/** Ephemeral events that may be on their way to many readers; one more is dropped. */
const MAX_PASSING = 8;

/** How often a place is asked for while logs follow one another. */
const MAX_ROUNDS = 4;

export class ThreadLog implements MarkedLog {
  readonly thread_id: string;
  mark: PublishMark | undefined;
  readonly turns: CatchUpTurns | undefined;
  readonly #logs: LogStore;
  readonly #subscribers = new SmallSet<Subscriber>();
  readonly #recent: RecentBatches;
  readonly #unfollow: () => void;
  readonly #peerTurns: PeerTurns | undefined;
  readonly #onMarks: MarkListener | undefined;
  #passing = 0;
  #head: ThreadHead | undefined;
  #newest: Slice | undefined;
  #pending: PendingRead | undefined;
  #divergenceCount = 0;

  private constructor(thread_id: string, deps: ThreadLogDeps) {
    const { logs, shelf = new BatchShelf(), turns, peerTurns, onMarks } = deps;
    this.thread_id = thread_id;
    this.turns = turns;
    this.#peerTurns = peerTurns;
    this.#onMarks = onMarks;
    this.#logs = logs;
    this.#recent = new RecentBatches(shelf);
    this.#unfollow = logs.follow(thread_id, (head, batch, diverged, marks) =>
      this.#advance(head, batch, diverged ?? false, marks),
    );
  }

  /** Follows the thread before asking for its head, so that no advance in between is lost. */
  static async open(thread_id: string, deps: ThreadLogDeps): Promise<ThreadLog> {
    const log = new ThreadLog(thread_id, deps);
    try {
      const head = await deps.logs.open(thread_id);
      // mutant: the-head-is-read-before-it-is-followed
      log.#head ??= head;
      return log;
    } catch (error) {
      log.close();
      throw error;
    }
  }

  get head(): ThreadHead {
    invariant(this.#head, 'a thread log is used only after open() has resolved');
    return this.#head;
  }

  /** How often the log has lost announced events. A reader may be past the loss. */
  get divergenceCount(): number {
    return this.#divergenceCount;
  }

  /** The position where a reader with this cursor continues. */
  positionAt(cursor: string): Promise<Position> {
    return positionAt(this, cursor);
  }

  /**
   * Asks the store, which may know of an erasure before it announces it. The answer is of the log that this node knows
   * then: if a head of another log was announced meanwhile, either may be the newer one, and it asks again.
   */
  async locate(offset: number): Promise<Location> {
    for (let round = 1; ; round += 1) {
      const before = this.#head;
      const found = await this.#logs.locate(this.thread_id, offset);
      this.#learn(found.head, round === MAX_ROUNDS ? this.#head : before);
      if (found.head.epoch === this.head.epoch || round === MAX_ROUNDS) return found;
    }
  }

  /** Whether what follows an offset is in memory: `read` answers at once. */
  holds(after: number, limits: SliceLimits): boolean {
    const newest = this.#newest;
    return (newest && this.#serves(newest, after, limits)) || this.#recent.has(after + 1);
  }

  /** Adds a reader to wake. */
  add(subscriber: Subscriber): void {
    this.#subscribers.add(subscriber);
  }

  remove(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
  }

  /** Passes an ephemeral event to the readers, but for one of them. Many of them get it in turns with other work. */
  pass(ephemeral: EphemeralEvent, except?: Subscriber): void {
    const passTo = (readers: readonly Subscriber[]) => {
      for (const each of readers) if (each !== except) each.pass?.(ephemeral);
    };
    const readers = [...this.#subscribers.all()];
    if (!this.#peerTurns || readers.length <= PASSED_AT_ONCE) {
      passTo(readers);
      return;
    }
    if (this.#passing === MAX_PASSING) return;
    this.#passing += 1;
    for (let from = 0; from < readers.length; from += PASSED_AT_ONCE) {
      const some = readers.slice(from, from + PASSED_AT_ONCE);
      this.#peerTurns.run(this.thread_id, () => passTo(some));
    }
    this.#peerTurns.run(this.thread_id, () => {
      this.#passing -= 1;
    });
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  /**
   * The slice after an offset; undefined if nothing there is kept. It may begin later than asked if
   * what came before is trimmed, and be of another epoch than the head was: see its fields.
   */
  read(after: number, limits: SliceLimits): Slice | undefined | Promise<Slice | undefined> {
    const newest = this.#newest;
    if (newest && this.#serves(newest, after, limits)) return newest;
    const recent = this.#recent.from(after + 1);
    if (recent) {
      this.#newest = cutSlice(this.head.epoch, recent, after, limits);
      return this.#newest;
    }
    const pending = this.#pending;
    if (pending?.after === after && sameLimits(pending.limits, limits)) return pending.slice;
    const read: PendingRead = { after, limits, slice: this.#load(after, limits) };
    this.#pending = read;
    const forget = () => {
      if (this.#pending === read) this.#pending = undefined;
    };
    read.slice.then(forget, forget);
    return read.slice;
  }

  close(): void {
    this.#unfollow();
    this.#onMarks?.closed(this.thread_id);
    this.#subscribers.clear();
    this.#recent.clear();
  }

  async #load(after: number, limits: SliceLimits): Promise<Slice | undefined> {
    const before = this.#head;
    const { head, batches } = await this.#logs.read(this.thread_id, after, {
      ...limits,
      followed: true,
    });
    this.#learn(head, before);
    const slice = cutSlice(head.epoch, batches, after, limits);
    this.#newest = slice;
    return slice;
  }

  /** Whether a slice is all that a reader at `after` may get now. */
  #serves(slice: Slice, after: number, limits: SliceLimits): boolean {
    return (
      slice.from === after + 1 &&
      slice.epoch === this.head.epoch &&
      slice.to === this.head.offset &&
      slice.bytes <= limits.maxBytes &&
      slice.events <= limits.maxEvents &&
      (limits.compacted === true || !slice.hasCompacted)
    );
  }

  /**
   * Takes a trim from a read, which the store does not announce, or an erasure that it has not announced yet.
   * A head that was announced since the read began is newer.
   */
  #learn(read: ThreadHead, before: ThreadHead | undefined): void {
    const known = this.head;
    // mutant: a-read-takes-the-head-back
    if (read.epoch === known.epoch) {
      const { base, baseTag } = read;
      if (base > known.base) this.#head = { ...known, base, baseTag };
    } else if (known === before) {
      this.#head = read;
      this.#recent.clear();
    }
  }

  #advance(
    head: ThreadHead,
    batch: EventBatch | undefined,
    diverged: boolean,
    marks: readonly AppendMark[] | undefined,
  ): void {
    this.#head = head;
    if (diverged) this.#forget();
    this.#recent.add(batch);
    if (this.#onMarks) {
      const isWhole = batch !== undefined || marks !== undefined;
      this.#onMarks.advanced(this.thread_id, head.epoch, isWhole && !diverged, marks);
    }
    for (const subscriber of this.#subscribers.all()) subscriber.wake();
  }

  /** Drops the kept slices: the log may have lost their events. */
  #forget(): void {
    this.#divergenceCount += 1;
    this.#newest = undefined;
    this.#pending = undefined;
    this.#recent.clear();
  }
}

const sameLimits = (a: SliceLimits, b: SliceLimits): boolean =>
  a.maxBytes === b.maxBytes && a.maxEvents === b.maxEvents && a.compacted === b.compacted;
