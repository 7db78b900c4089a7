/**
 * Batches that are in the journal and not yet in `logs`, in memory: by epoch, the newest batches of a log. Only
 * confirmed batches are here. Readers look here before they read the file.
 */

import { elementAt } from '../../util/assert.js';
import type { EventBatch } from '../event-batch.js';
import type { MessageRange, StoredBatch } from './record.js';

export interface OffsetRange {
  readonly first: number;
  readonly last: number;
}

/** The newest end of one log. */
export class Tail {
  readonly epoch: string;
  #batches: StoredBatch[] = [];
  readonly #messages = new Map<string, OffsetRange>();
  #bytes = 0;

  constructor(epoch: string) {
    this.epoch = epoch;
  }

  /** Oldest first. */
  get batches(): readonly StoredBatch[] {
    return this.#batches;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The first offset that is not in `logs`. */
  get first(): number {
    return this.#batches[0]?.batch.first ?? Number.POSITIVE_INFINITY;
  }

  get newest(): EventBatch | undefined {
    return this.#batches[this.#batches.length - 1]?.batch;
  }

  message(message_id: string): OffsetRange | undefined {
    return this.#messages.get(message_id);
  }

  add(stored: StoredBatch): void {
    this.#batches.push(stored);
    this.#bytes += stored.batch.size;
    for (const [id, first, last] of stored.messages) this.#messages.set(id, { first, last });
  }

  /** Removes the batches that end at or before an offset: they are in `logs` now, or gone. */
  drop(through: number): void {
    let count = 0;
    for (const { batch, messages } of this.#batches) {
      if (batch.last > through) break;
      this.#bytes -= batch.size;
      for (const [id] of messages) this.#messages.delete(id);
      count += 1;
    }
    this.#batches.splice(0, count);
  }

  /** The batch that holds an offset which is not before `first`. */
  holding(offset: number): EventBatch | undefined {
    return this.#batches[this.#indexOf(offset)]?.batch;
  }

  /** The batches from the one that holds `offset`, at least one, as long as they stay below `maxBytes`. */
  from(offset: number, maxBytes: number): readonly EventBatch[] {
    const found: EventBatch[] = [];
    let bytes = 0;
    for (let index = this.#indexOf(offset); index < this.#batches.length; index += 1) {
      const batch = this.#batches[index]?.batch;
      if (!batch || (found.length > 0 && bytes + batch.size > maxBytes)) break;
      bytes += batch.size;
      found.push(batch);
    }
    return found;
  }

  /** The index of the batch that holds an offset, by bisection. */
  #indexOf(offset: number): number {
    let low = 0;
    let high = this.#batches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (elementAt(this.#batches, middle).batch.last >= offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

export class Unsettled {
  readonly #tails = new Map<string, Tail>();
  #batches = 0;
  #bytes = 0;

  /** Payload bytes of all tails. */
  get bytes(): number {
    return this.#bytes;
  }

  get batches(): number {
    return this.#batches;
  }

  get(epoch: string): Tail | undefined {
    return this.#tails.get(epoch);
  }

  /** The tails, in the order of their keys in `logs`. */
  all(): readonly Tail[] {
    const byEpoch = (a: Tail, b: Tail) => (a.epoch < b.epoch ? -1 : 1);
    return [...this.#tails.values()].sort(byEpoch);
  }

  add(epoch: string, stored: StoredBatch): void {
    const known = this.#tails.get(epoch);
    const tail = known ?? new Tail(epoch);
    if (!known) this.#tails.set(epoch, tail);
    tail.add(stored);
    this.#batches += 1;
    this.#bytes += stored.batch.size;
  }

  /** Removes the batches of a log that end at or before an offset; all of them if it is left out. */
  drop(epoch: string, through = Number.POSITIVE_INFINITY): void {
    const tail = this.#tails.get(epoch);
    if (!tail) return;
    const { bytes, batches } = tail;
    const count = batches.length;
    tail.drop(through);
    this.#bytes -= bytes - tail.bytes;
    this.#batches -= count - tail.batches.length;
    if (tail.batches.length === 0) this.#tails.delete(epoch);
  }
}

export const messagesOf = (stored: readonly StoredBatch[]): readonly MessageRange[] =>
  stored.flatMap(({ messages }) => messages);
