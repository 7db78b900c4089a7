/** The listeners that follow each thread. Shared by the stores. */

import type { EventBatch } from './event-batch.js';
import type { AppendMark, HeadListener, ThreadHead } from './store.js';

export class Followers {
  /** Each open thread has one list, mostly of one listener. A change replaces the list. */
  readonly #listeners = new Map<string, readonly HeadListener[]>();

  /** Returns the function that removes it. The last follower of a thread removes the thread's entry (I12). */
  add(thread_id: string, listener: HeadListener): () => void {
    const others = this.#listeners.get(thread_id);
    this.#listeners.set(thread_id, others ? [...others, listener] : [listener]);
    return () => {
      const left = this.#listeners.get(thread_id)?.filter((each) => each !== listener) ?? [];
      if (left.length === 0) this.#listeners.delete(thread_id);
      else this.#listeners.set(thread_id, left);
    };
  }

  has(thread_id: string): boolean {
    return this.#listeners.has(thread_id);
  }

  /** The parameters are those of {@link HeadListener}. */
  notify(
    thread_id: string,
    head: ThreadHead,
    batch?: EventBatch,
    diverged?: boolean,
    marks?: readonly AppendMark[],
  ): void {
    const listeners = this.#listeners.get(thread_id);
    if (listeners) for (const listener of listeners) listener(head, batch, diverged, marks);
  }
}
