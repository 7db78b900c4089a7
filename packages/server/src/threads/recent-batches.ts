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

/** A batch on the shelf, whose it is, and its neighbours. */
interface Place {
  readonly owner: RecentBatches;
  readonly batch: EventBatch;
  older: Place | undefined;
  newer: Place | undefined;
}

/**
 * What all threads of a node keep, oldest first. A linked list: batches come at one end and go, for the most part, at
 * the other, and a `Set` is slow to find its first where many have gone.
 */
export class BatchShelf {
  #oldest: Place | undefined;
  #newest: Place | undefined;
  #size = 0;
  #bytes = 0;

  /** Batches that are kept. */
  get size(): number {
    return this.#size;
  }

  add(owner: RecentBatches, batch: EventBatch): Place {
    const place: Place = { owner, batch, older: this.#newest, newer: undefined };
    if (this.#newest) this.#newest.newer = place;
    else this.#oldest = place;
    this.#newest = place;
    this.#size += 1;
    this.#bytes += sizeOf(batch);
    return place;
  }

  /** @param place one that is on the shelf */
  remove({ batch, older, newer }: Place): void {
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    this.#size -= 1;
    this.#bytes -= sizeOf(batch);
  }

  /** Lets the oldest go while there is more than may be kept. */
  prune(): void {
    while (this.#oldest && this.#bytes > MAX_BYTES) {
      const { owner } = this.#oldest;
      this.remove(this.#oldest);
      owner.evictOldest();
    }
  }
}

const sizeOf = (batch: EventBatch): number => batch.size + BATCH_BYTES;
