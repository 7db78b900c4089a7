/**
 * Batches that have just been confirmed, for the readers that wait for them at the head: they need not
 * ask the store. Of all threads together at most this much is kept; who comes later reads the store.
 */

import type { EventBatch } from '../stores/event-batch.js';

/** Some commits' worth at a pace that saturates a processor. */
const MAX_BYTES = 1024 * 1024;
/** A batch takes more than its payload. */
const BATCH_BYTES = 256;

/** The newest batches of one thread, which follow each other up to its head. */
export class RecentBatches {
  readonly #shelf: BatchShelf;
  #batches: EventBatch[] = [];

  constructor(shelf: BatchShelf) {
    this.#shelf = shelf;
  }

  /** Takes the batch that has moved the head; without one, what is here does not reach the head. */
  add(batch: EventBatch | undefined): void {
    const last = this.#batches[this.#batches.length - 1]?.last;
    if (last !== undefined && last + 1 !== batch?.first) this.#batches = [];
    if (!batch) return;
    this.#batches.push(batch);
    this.#shelf.add(this, batch);
  }

  /** The batches from the one that holds an offset; undefined if that is not here. */
  from(offset: number): readonly EventBatch[] | undefined {
    const batches = this.#batches;
    for (let index = batches.length - 1; index >= 0; index -= 1) {
      const batch = batches[index];
      if (batch && batch.first <= offset) {
        if (offset > batch.last) return undefined;
        return index === 0 ? batches : batches.slice(index);
      }
    }
    return undefined;
  }

  clear(): void {
    this.#batches = [];
  }

  /** Lets the oldest go, if it is this one. */
  evict(batch: EventBatch): void {
    if (this.#batches[0] === batch) this.#batches.shift();
  }
}

/** What all threads of a node keep, oldest first. */
export class BatchShelf {
  #kept: { readonly owner: RecentBatches; readonly batch: EventBatch }[] = [];
  #gone = 0;
  #bytes = 0;

  add(owner: RecentBatches, batch: EventBatch): void {
    this.#kept.push({ owner, batch });
    this.#bytes += batch.size + BATCH_BYTES;
    while (this.#bytes > MAX_BYTES) this.#evictOldest();
    // Not at each eviction: taking off the front costs as much as what is left.
    if (this.#gone < 1_024 || this.#gone * 2 < this.#kept.length) return;
    this.#kept = this.#kept.slice(this.#gone);
    this.#gone = 0;
  }

  #evictOldest(): void {
    const oldest = this.#kept[this.#gone];
    this.#gone += 1;
    if (!oldest) return;
    this.#bytes -= oldest.batch.size + BATCH_BYTES;
    oldest.owner.evict(oldest.batch);
  }
}
