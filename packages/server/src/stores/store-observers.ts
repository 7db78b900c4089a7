/** Tells of what a store has written. Shared by the stores. */

import type { StoreObserver } from './store.js';

export class StoreObservers implements StoreObserver {
  readonly #observers = new Set<StoreObserver>();

  /** Returns the function that removes it. */
  add(observer: StoreObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  appended(events: number, bytes: number): void {
    for (const observer of this.#observers) observer.appended(events, bytes);
  }

  committed(ms: number, bytes: number): void {
    for (const observer of this.#observers) observer.committed(ms, bytes);
  }
}
