/** The threads that have readers on this node. Each is opened once and closed after its last reader. */

import type { Position } from '@session-monitor/protocol/rules';
import type { LogStore } from '../stores/store.js';
import type { PeerTurns } from '../util/peer-turns.js';
import type { CatchUpTurns } from './catch-up-turns.js';
import { BatchShelf } from './recent-batches.js';
import { type MarkListener, type Subscriber, ThreadLog, type ThreadLogDeps } from './thread-log.js';

interface OpenThread {
  /** A promise only until the thread is open: it would stay in memory as long as the thread. */
  log: ThreadLog | Promise<ThreadLog>;
  users: number;
}

/** A thread in use; `release` gives it back, once. */
export class ThreadLease {
  readonly log: ThreadLog;
  #giveBack: ((thread_id: string) => void) | undefined;
  #reader: Subscriber | undefined;

  constructor(log: ThreadLog, giveBack: (thread_id: string) => void) {
    this.log = log;
    this.#giveBack = giveBack;
  }

  /** Lets the thread wake a reader, as long as the lease lasts. */
  wakes(reader: Subscriber): void {
    this.#reader = reader;
    this.log.add(reader);
  }

  release(): void {
    if (this.#reader) this.log.remove(this.#reader);
    this.#giveBack?.(this.log.thread_id);
    this.#giveBack = undefined;
  }
}

export class Threads {
  readonly #open = new Map<string, OpenThread>();
  readonly #deps: ThreadLogDeps;

  /**
   * @param turns whose turn it is to read the store. Absent: every reader's, always
   * @param peerTurns whose turn it is, among what peers ask for
   * @param onMarks learns of the marks of appends
   */
  constructor(logs: LogStore, turns?: CatchUpTurns, peerTurns?: PeerTurns, onMarks?: MarkListener) {
    this.#deps = { logs, turns, peerTurns, onMarks, shelf: new BatchShelf() };
  }

  /** How many threads are open; back to 0 when all readers have left (I12). */
  get size(): number {
    return this.#open.size;
  }

  /** The thread, if it has readers here. */
  get(thread_id: string): ThreadLog | undefined {
    const log = this.#open.get(thread_id)?.log;
    return log instanceof ThreadLog ? log : undefined;
  }

  async acquire(thread_id: string): Promise<ThreadLease> {
    const thread = this.#open.get(thread_id) ?? this.#begin(thread_id);
    thread.users += 1;
    try {
      return new ThreadLease(await thread.log, this.#giveBack);
    } catch (error) {
      this.#giveBack(thread_id);
      throw error;
    }
  }

  /**
   * A thread, with where a reader begins in its log. Both are of one time: a position that was asked for before could be
   * of a log that was erased since.
   */
  async acquireAt(
    thread_id: string,
    find: (log: ThreadLog) => Promise<Position>,
  ): Promise<{ readonly lease: ThreadLease; readonly position: Position }> {
    const lease = await this.acquire(thread_id);
    try {
      return { lease, position: await find(lease.log) };
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  #begin(thread_id: string): OpenThread {
    const opening = ThreadLog.open(thread_id, this.#deps);
    const thread: OpenThread = { log: opening, users: 0 };
    this.#open.set(thread_id, thread);
    opening.then(
      (log) => {
        thread.log = log;
      },
      () => {},
    );
    return thread;
  }

  /** A caller that waits for the opening counts as a user, so a promise is left here only if opening failed. */
  readonly #giveBack = (thread_id: string): void => {
    const thread = this.#open.get(thread_id);
    if (!thread) return;
    thread.users -= 1;
    if (thread.users > 0) return;
    this.#open.delete(thread_id);
    if (thread.log instanceof ThreadLog) thread.log.close();
  };
}
