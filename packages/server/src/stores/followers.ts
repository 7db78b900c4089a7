/** Who wants to hear of which thread's advance. Shared by the stores. */

import type { EventBatch } from './event-batch.js';
import type { HeadListener, ThreadHead } from './store.js';

export class Followers {
  /** Lists that are replaced, not changed: there is one for each thread that is open, mostly of one. */
  readonly #listeners = new Map<string, readonly HeadListener[]>();

  /** Returns the end of it. The last follower of a thread takes its entry along (I12). */
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
  notify(thread_id: string, head: ThreadHead, batch?: EventBatch, diverged?: boolean): void {
    const listeners = this.#listeners.get(thread_id);
    if (listeners) for (const listener of listeners) listener(head, batch, diverged);
  }
}
