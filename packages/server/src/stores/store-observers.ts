/** Tells of what a store has written. Shared by the stores. */

import type { StoreObserver } from './store.js';

export class StoreObservers implements StoreObserver {
  /** A change replaces the list: it is walked for each append. */
  #observers: readonly StoreObserver[] = [];

  /** Returns the function that removes it. */
  add(observer: StoreObserver): () => void {
    this.#observers = [...this.#observers, observer];
    return () => {
      this.#observers = this.#observers.filter((each) => each !== observer);
    };
  }

  appended(events: number, bytes: number): void {
    for (const observer of this.#observers) observer.appended(events, bytes);
  }

  committed(ms: number, bytes: number): void {
    for (const observer of this.#observers) observer.committed(ms, bytes);
  }
}
