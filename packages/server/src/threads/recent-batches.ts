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
  /** Where each of them stands on the shelf. */
  #places: Place[] = [];

  constructor(shelf: BatchShelf) {
    this.#shelf = shelf;
  }

  /** Takes the batch that has moved the head; without one, what is here does not reach the head. */
  add(batch: EventBatch | undefined): void {
    const last = this.#batches[this.#batches.length - 1]?.last;
    if (last !== undefined && last + 1 !== batch?.first) this.clear();
    if (!batch) return;
    this.#batches.push(batch);
    this.#places.push(this.#shelf.add(this, batch));
    this.#shelf.prune();
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

  /** Lets all of them go: nobody reads them here any more (I12). */
  clear(): void {
    for (const place of this.#places) this.#shelf.remove(place);
    this.#batches = [];
    this.#places = [];
  }

  /** Lets the oldest go; the shelf is full. */
  evictOldest(): void {
    this.#batches.shift();
    this.#places.shift();
  }
}

/** A batch on the shelf, and whose it is. */
interface Place {
  readonly owner: RecentBatches;
  readonly batch: EventBatch;
}

/** What all threads of a node keep, oldest first. */
export class BatchShelf {
  readonly #places = new Set<Place>();
  #bytes = 0;

  /** Batches that are kept. */
  get size(): number {
    return this.#places.size;
  }

  add(owner: RecentBatches, batch: EventBatch): Place {
    const place = { owner, batch };
    this.#places.add(place);
    this.#bytes += sizeOf(batch);
    return place;
  }

  remove(place: Place): void {
    if (this.#places.delete(place)) this.#bytes -= sizeOf(place.batch);
  }

  /** Lets the oldest go while there is more than may be kept. */
  prune(): void {
    for (const place of this.#places) {
      if (this.#bytes <= MAX_BYTES) return;
      this.remove(place);
      place.owner.evictOldest();
    }
  }
}

const sizeOf = (batch: EventBatch): number => batch.size + BATCH_BYTES;
