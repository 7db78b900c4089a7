/** The list of threads of the memory store. */

import type { ThreadChange } from '@session-monitor/protocol';
import type { Clock } from '../util/clock.js';
import type {
  ThreadEntry,
  ThreadHead,
  ThreadListQuery,
  ThreadStore,
  ThreadTouch,
} from './store.js';
import {
  changeEntry,
  comparePlaces,
  type StoredEntry,
  shownEntry,
  touchEntry,
} from './stored-entry.js';

export interface MemoryThreadsDeps {
  readonly headOf: (thread_id: string) => ThreadHead | undefined;
  /** Threads with an open run whose parts go to their log. */
  readonly running: () => ReadonlySet<string>;
  readonly clock: Pick<Clock, 'wall'>;
}

export class MemoryThreads implements ThreadStore {
  readonly #entries = new Map<string, StoredEntry>();
  readonly #deps: MemoryThreadsDeps;

  constructor(deps: MemoryThreadsDeps) {
    this.#deps = deps;
  }

  touch(thread_id: string, touch: ThreadTouch): void {
    const entry = touchEntry(this.#entries.get(thread_id), touch, this.#deps.clock.wall());
    this.#entries.set(thread_id, entry);
  }

  /** The thread was erased or forgotten. */
  remove(thread_id: string): void {
    this.#entries.delete(thread_id);
  }

  async get(thread_id: string): Promise<ThreadEntry | undefined> {
    return this.#show(thread_id, this.#deps.running());
  }

  async list({ user_id, after, limit }: ThreadListQuery): Promise<readonly ThreadEntry[]> {
    const running = this.#deps.running();
    return [...this.#entries.keys()]
      .flatMap((thread_id) => this.#show(thread_id, running) ?? [])
      .filter((entry) => user_id === undefined || entry.user_id === user_id)
      .filter((entry) => after === undefined || comparePlaces(entry, after) > 0)
      .sort(comparePlaces)
      .slice(0, limit);
  }

  async update(thread_id: string, change: ThreadChange): Promise<ThreadEntry | undefined> {
    const { headOf, clock } = this.#deps;
    const entry = this.#entries.get(thread_id);
    if (!entry && !headOf(thread_id)?.offset) return undefined;
    this.#entries.set(thread_id, changeEntry(entry, change, clock.wall()));
    return this.get(thread_id);
  }

  #show(thread_id: string, running: ReadonlySet<string>): ThreadEntry | undefined {
    const entry = this.#entries.get(thread_id);
    const head = this.#deps.headOf(thread_id);
    if (!entry || !head) return undefined;
    return shownEntry(thread_id, entry, { head: head.offset, running: running.has(thread_id) });
  }
}
