/** The threads that somebody on this node reads, each opened once and closed after the last reader. */

import type { LogStore } from '../stores/store.js';
import { BatchShelf } from './recent-batches.js';
import { ThreadLog } from './thread-log.js';

interface OpenThread {
  readonly log: Promise<ThreadLog>;
  users: number;
}

/** A thread in use; `release` gives it back, once. */
export interface ThreadLease {
  readonly log: ThreadLog;
  release(): void;
}

export class Threads {
  readonly #open = new Map<string, OpenThread>();
  readonly #logs: LogStore;
  readonly #shelf = new BatchShelf();

  constructor(logs: LogStore) {
    this.#logs = logs;
  }

  /** How many threads are open; back to 0 when everyone has left (I12). */
  get size(): number {
    return this.#open.size;
  }

  async acquire(thread_id: string): Promise<ThreadLease> {
    const known = this.#open.get(thread_id);
    const thread = known ?? { log: ThreadLog.open(thread_id, this.#logs, this.#shelf), users: 0 };
    thread.users += 1;
    this.#open.set(thread_id, thread);
    let released = false;
    const release = () => {
      if (released) return;
      released = true;
      this.#release(thread_id, thread);
    };
    try {
      return { log: await thread.log, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  #release(thread_id: string, thread: OpenThread): void {
    thread.users -= 1;
    if (thread.users > 0) return;
    this.#open.delete(thread_id);
    thread.log.then(
      (log) => log.close(),
      () => {},
    );
  }
}
