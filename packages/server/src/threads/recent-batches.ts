/**
 * Batches that have just been confirmed, so that readers at the head need not ask the store. The shelf bounds
 * the batches of all threads together. A reader that comes later reads the store.
 */

import type { EventBatch } from '../stores/event-batch.js';

/** Holds some commits at a rate that saturates a processor. */
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

  /** Takes the batch that has moved the head. Without one, drops all batches: they no longer reach the head. */
  add(batch: EventBatch | undefined): void {
    const last = this.#batches[this.#batches.length - 1]?.last;
    if (last !== undefined && last + 1 !== batch?.first) this.clear();
    if (!batch) return;
    this.#batches.push(batch);
    this.#places.push(this.#shelf.add(this, batch));
    this.#shelf.prune();
  }

  /** Whether the batch that holds an offset is here. */
  has(offset: number): boolean {
    const batches = this.#batches;
    const [oldest] = batches;
    const newest = batches[batches.length - 1];
    return (
      oldest !== undefined &&
      newest !== undefined &&
      oldest.first <= offset &&
      offset <= newest.last
    );
  }

  /** The batches from the one that holds an offset; undefined if that is not here. */
  from(offset: number): readonly EventBatch[] | undefined {
    const batches = this.#batches;
    if (!this.has(offset)) return undefined;
    for (let index = batches.length - 1; index >= 0; index -= 1) {
      const batch = batches[index];
      if (batch && batch.first <= offset) {
        if (offset > batch.last) return undefined;
        return index === 0 ? batches : batches.slice(index);
      }
    }
    return undefined;
  }

  /** Drops all batches: no reader reads them here any more (I12). */
  clear(): void {
    for (const place of this.#places) this.#shelf.remove(place);
    this.#batches = [];
    this.#places = [];
  }

  /** Drops the oldest batch; the shelf is full. */
  evictOldest(): void {
    this.#batches.shift();
    this.#places.shift();
  }
}

/** A batch on the shelf, its owner and its neighbours. */
interface Place {
  readonly owner: RecentBatches;
  readonly batch: EventBatch;
  older: Place | undefined;
  newer: Place | undefined;
}

/**
 * The recent batches of all threads of a node, oldest first. A linked list, because batches come at one end and mostly
 * go at the other, and a `Set` finds its first entry slowly after many deletions.
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

  /** Drops the oldest batches while the shelf holds more than its limit. */
  prune(): void {
    while (this.#oldest && this.#bytes > MAX_BYTES) {
      const { owner } = this.#oldest;
      this.remove(this.#oldest);
      owner.evictOldest();
    }
  }
}

const sizeOf = (batch: EventBatch): number => batch.size + BATCH_BYTES;
