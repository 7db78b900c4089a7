/** Who wants to hear of which thread's advance. Shared by the stores. */

import type { ThreadHead } from './store.js';

type Listener = (head: ThreadHead) => void;

export class Followers {
  readonly #listeners = new Map<string, Set<Listener>>();

  /** Returns the end of it. The last follower of a thread takes its entry along (I12). */
  add(thread_id: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(thread_id) ?? new Set();
    this.#listeners.set(thread_id, listeners.add(listener));
    return () => {
      if (listeners.delete(listener) && listeners.size === 0) this.#listeners.delete(thread_id);
    };
  }

  has(thread_id: string): boolean {
    return this.#listeners.has(thread_id);
  }

  notify(thread_id: string, head: ThreadHead): void {
    for (const listener of this.#listeners.get(thread_id) ?? []) listener(head);
  }
}
