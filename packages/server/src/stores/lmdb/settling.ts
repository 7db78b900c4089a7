/**
 * Moves batches from the journal to `logs`, some with each commit. The small pieces that many commits appended
 * to a thread become few records at one place of the file, so LMDB touches a page once for many events. A round
 * takes everything that is in the journal when it begins. The commit that moves the last of it also removes the
 * round's part of the journal.
 *
 * A crash in the middle leaves batches in both places, with the same bytes. The next start skips batches in the
 * journal that `logs` already holds.
 */

import { EventBatch } from '../event-batch.js';
import type { Operation } from './environment.js';
import type { GroupCommit } from './group-commit.js';
import { journalKey, logKey, messageKey } from './keys.js';
import { encodeBatch, encodeJson, type StoredBatch } from './record.js';
import { messagesOf, type Unsettled } from './unsettled.js';

/** How fast batches move from the journal to their logs. */
export interface SettlingPace {
  /** A round begins when the journal holds this much, in payload bytes or in batches. */
  readonly roundBytes: number;
  readonly roundBatches: number;
  /** The least that one commit moves. */
  readonly stepBytes: number;
  readonly stepBatches: number;
}

/** Keeps the journal small enough to be read quickly at a start. A step takes some milliseconds. */
const DEFAULT_PACE: SettlingPace = {
  roundBytes: 1024 * 1024,
  roundBatches: 4_096,
  stepBytes: 64 * 1024,
  stepBatches: 256,
};
/** A commit moves at least this share of the journal, so that no rate of appends outruns settling. */
const STEP_SHARE = 1 / 8;

/** The largest record that small batches are joined to: about a frame. */
export const RECORD_BYTES = 64 * 1024;
export const RECORD_EVENTS = 512;

/** How far a log must move, or has moved. */
interface UnsettledRange {
  readonly epoch: string;
  /** The last offset of the range. */
  readonly last: number;
}

export interface SettlingDeps {
  readonly commits: GroupCommit;
  readonly unsettled: Unsettled;
  /** The number of the newest part of the journal that is confirmed. */
  readonly newest: () => number;
  /** The number of the oldest part of the journal. */
  readonly oldest: number;
  readonly pace?: SettlingPace | undefined;
}

export class Settling {
  readonly #deps: SettlingDeps;
  readonly #pace: SettlingPace;
  readonly #leaving = new Set<string>();
  readonly #moving = new Set<string>();
  #oldest: number;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(deps: SettlingDeps) {
    this.#deps = deps;
    this.#pace = deps.pace ?? DEFAULT_PACE;
    this.#oldest = deps.oldest;
  }

  /** Begins a round if it is time and none is under way. */
  consider(): void {
    const { bytes, batches } = this.#deps.unsettled;
    const { roundBytes, roundBatches } = this.#pace;
    if (bytes >= roundBytes || batches >= roundBatches) this.#begin();
  }

  /**
   * Resolves when everything that is in the journal now has left it, erased logs included. Resolves with false if
   * the store closes first.
   */
  async clear(): Promise<boolean> {
    // The current round may have begun before this call.
    await this.#running;
    this.#begin();
    await this.#running;
    return !this.#stopped;
  }

  #begin(): void {
    if (this.#running || this.#stopped) return;
    this.#running = this.#round().finally(() => {
      this.#running = undefined;
    });
    // A failed write stops the store; the next start continues.
    this.#running.catch(() => {});
  }

  /** Stops moving an erased log. Its tail stays for readers until the erasure is confirmed. */
  leave(epoch: string): void {
    // mutant: an-erased-log-goes-on-moving
    this.#leaving.add(epoch);
  }

  /** Drops the tail of an erased log, once the erasure is confirmed. */
  forget(epoch: string): void {
    this.#leaving.delete(epoch);
    this.#deps.unsettled.drop(epoch);
  }

  /** Whether a part of a log is on its way to `logs` now. */
  isMoving(epoch: string): boolean {
    return this.#moving.has(epoch);
  }

  /** Stops after the current step; the next start continues. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running?.catch(() => {});
  }

  async #round(): Promise<void> {
    const { commits, newest, unsettled } = this.#deps;
    const through = newest();
    const left: UnsettledRange[] = unsettled
      .all()
      .map(({ epoch, newest: batch }) => ({ epoch, last: batch?.last ?? 0 }));
    for (let done = false; !done && !this.#stopped; ) {
      let moved: readonly UnsettledRange[] = [];
      await commits.write(() => {
        const step = this.#step(left);
        moved = step.moved;
        done = left.length === 0;
        // mutant: the-journal-is-cleared-too-early
        return done ? [...step.operations, ...this.#clear(through)] : step.operations;
      });
      this.#moving.clear();
      for (const { epoch, last } of moved) unsettled.drop(epoch, last);
      if (done) this.#oldest = through + 1;
    }
  }

  /** Moves as much of what is left as fits one commit, and removes it from the list. */
  #step(left: UnsettledRange[]): {
    readonly operations: Operation[];
    readonly moved: readonly UnsettledRange[];
  } {
    const { unsettled } = this.#deps;
    const maxBytes = Math.max(this.#pace.stepBytes, unsettled.bytes * STEP_SHARE);
    const maxBatches = Math.max(this.#pace.stepBatches, unsettled.batches * STEP_SHARE);
    const operations: Operation[] = [];
    const moved: UnsettledRange[] = [];
    let bytes = 0;
    let batches = 0;
    for (let next = left[0]; next && bytes < maxBytes && batches < maxBatches; next = left[0]) {
      const { epoch, last } = next;
      const tail = this.#leaving.has(epoch) ? undefined : unsettled.get(epoch);
      const part: StoredBatch[] = [];
      for (const stored of tail?.batches ?? []) {
        if (stored.batch.first > last || bytes >= maxBytes || batches >= maxBatches) break;
        part.push(stored);
        bytes += stored.batch.size;
        batches += 1;
      }
      const end = part.at(-1)?.batch.last ?? last;
      if (end >= last) left.shift();
      if (part.length === 0) continue;
      operations.push(...writesOf(epoch, part));
      moved.push({ epoch, last: end });
      this.#moving.add(epoch);
    }
    return { operations, moved };
  }

  #clear(through: number): readonly Operation[] {
    const removals: Operation[] = [];
    for (let sequence = this.#oldest; sequence <= through; sequence += 1) {
      removals.push({ table: 'journal', key: journalKey(sequence), value: null });
    }
    return removals;
  }
}

/** Batches of one log as records of `logs`, with their message ids. */
function writesOf(epoch: string, stored: readonly StoredBatch[]): readonly Operation[] {
  const operations: Operation[] = [];
  for (const group of groups(stored)) {
    const [oldest, ...rest] = group.map(({ batch }) => batch);
    if (!oldest) continue;
    const batch = EventBatch.join([oldest, ...rest]);
    const messages = messagesOf(group);
    const key = logKey(epoch, batch.first);
    operations.push({ table: 'logs', key, value: encodeBatch(key, { batch, messages }) });
    for (const [id, first, last] of messages) {
      const name = messageKey(epoch, id);
      operations.push({ table: 'messages', key: name, value: encodeJson(name, { first, last }) });
    }
  }
  return operations;
}

/** Consecutive batches that make a record together. */
function groups(stored: readonly StoredBatch[]): readonly (readonly StoredBatch[])[] {
  const found: StoredBatch[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  let events = 0;
  for (const each of stored) {
    const { size, count } = each.batch;
    if (bytes + size > RECORD_BYTES || events + count > RECORD_EVENTS) {
      found.push([]);
      bytes = 0;
      events = 0;
    }
    found.at(-1)?.push(each);
    bytes += size;
    events += count;
  }
  return found;
}
