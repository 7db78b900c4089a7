/**
 * Threads in use: followed, or with a write in progress. Only those are in memory. The assigned state of a
 * thread runs ahead of the file; readers see only the confirmed state (I1).
 */

import type { Entropy } from '../../util/clock.js';
import type { Followers } from '../followers.js';
import type { AppendMark, ThreadHead } from '../store.js';
import type { StoredEntry } from '../stored-entry.js';
import { EPOCH_BYTES } from '../tags.js';
import { placeWrites } from './entry-writes.js';
import type { Operation } from './environment.js';
import type { LmdbTools } from './group-commit.js';
import type { MessageRange } from './record.js';
import {
  endAt,
  headOf,
  type LogEnd,
  logEnd,
  newThread,
  readThread,
  type ThreadRecord,
  writeThread,
} from './thread-record.js';
import type { OffsetRange, Unsettled } from './unsettled.js';

/** Appends that leave as one batch with the next commit. */
export interface OpenBatch {
  readonly thread_id: string;
  readonly thread: ActiveThread;
  readonly epoch: string;
  readonly first: number;
  readonly events: string[];
  readonly messages: MessageRange[];
  /** Those of its appends; created for the first one. */
  marks: AppendMark[] | undefined;
  /** UTF-16 units of the events. */
  size: number;
  /** Resolves when the batch is flushed and the followers are notified. */
  readonly confirmed: Promise<void>;
}

/** A thread's record and the end of its log, as readers see them. */
interface Confirmed {
  record: ThreadRecord;
  end: LogEnd;
}

export interface ActiveThread {
  uses: number;
  readonly confirmed: Confirmed;
  /** The record with every accepted write. */
  record: ThreadRecord;
  /** The end of the log with every accepted append. */
  assigned: { offset: number; cumulativeBytes: number };
  /** Resolves when the thread's creation is flushed. */
  created: Promise<void>;
  open: OpenBatch | undefined;
  /** Appends with a message id that are being flushed. Created for the first one. */
  messages: Map<string, Promise<OffsetRange>> | undefined;
}

/** What a thread is used for. Erasures and clean-ups create one even if the disk has little left. */
export type Purpose = 'client' | 'clean-up';

/** LMDB rejects longer keys, and the whole commit with them. */
const MAX_ID_BYTES = 512;

export interface ActiveThreadsDeps extends LmdbTools {
  /** Batches that are not in the file's `logs` table yet. */
  readonly unsettled: Unsettled;
  readonly entropy: Pick<Entropy, 'token'>;
  /** Learn of new threads. */
  readonly followers: Pick<Followers, 'notify'>;
}

/** Keeps a thread in memory from when it is there. */
interface Hold {
  thread: ActiveThread | undefined;
}

export class ActiveThreads {
  readonly #threads = new Map<string, ActiveThread>();
  /** Those of threads that are not there yet. */
  readonly #waiting = new Map<string, Set<Hold>>();
  /** Threads whose removal is being flushed. Their records in the file no longer count. */
  readonly #leaving = new Set<string>();
  readonly #deps: ActiveThreadsDeps;

  constructor(deps: ActiveThreadsDeps) {
    this.#deps = deps;
  }

  /** The thread, if it is in use. */
  get(thread_id: string): ActiveThread | undefined {
    return this.#threads.get(thread_id);
  }

  /** Whether the thread has no follower and no write in progress. */
  isIdle(thread_id: string): boolean {
    return !this.#threads.has(thread_id);
  }

  /**
   * Runs `work` with the thread held in memory; creates the thread if there is none.
   *
   * @throws ServerError ERR_REFUSED (`storage_full`) if it would be created for a client
   */
  async using<T>(
    thread_id: string,
    work: (thread: ActiveThread) => Promise<T>,
    purpose: Purpose = 'client',
  ): Promise<T> {
    const thread = this.acquire(thread_id, purpose);
    try {
      return await work(thread);
    } finally {
      this.release(thread_id, thread);
    }
  }

  acquire(thread_id: string, purpose: Purpose = 'client'): ActiveThread {
    const thread = this.peek(thread_id) ?? this.#create(thread_id, purpose);
    thread.uses += 1;
    this.#threads.set(thread_id, thread);
    return thread;
  }

  release(thread_id: string, thread: ActiveThread): void {
    thread.uses -= 1;
    if (thread.uses === 0) this.#threads.delete(thread_id);
  }

  /** Holds a thread in memory; one that is not there from when it is created. Returns the function that ends this. */
  hold(thread_id: string): () => void {
    const hold: Hold = { thread: this.peek(thread_id) && this.acquire(thread_id) };
    if (!hold.thread) this.#waiting.set(thread_id, this.#holdsOf(thread_id).add(hold));
    return () => {
      if (hold.thread) {
        this.release(thread_id, hold.thread);
        return;
      }
      const holds = this.#holdsOf(thread_id);
      holds.delete(hold);
      if (holds.size === 0) this.#waiting.delete(thread_id);
    };
  }

  #holdsOf(thread_id: string): Set<Hold> {
    return this.#waiting.get(thread_id) ?? new Set();
  }

  /** The thread from memory, or else from the file; undefined if there is none. */
  peek(thread_id: string): ActiveThread | undefined {
    const active = this.#threads.get(thread_id);
    if (active) return active;
    const record = this.stored(thread_id);
    return record && activeThread(record, this.#endOf(record));
  }

  /** The thread's record in the file, unless its removal is being flushed. */
  stored(thread_id: string): ThreadRecord | undefined {
    return this.#leaving.has(thread_id) ? undefined : readThread(this.#deps.environment, thread_id);
  }

  /** Removes a thread's record. From now on the next caller that needs the thread creates it again. */
  async remove(thread_id: string, removal: readonly Operation[]): Promise<void> {
    // mutant: a-removed-thread-is-appended-to
    this.#leaving.add(thread_id);
    try {
      await this.#deps.commits.write(() => removal);
    } finally {
      this.#leaving.delete(thread_id);
    }
  }

  /** The thread, for reading; created if there is none. */
  async existing(thread_id: string): Promise<ActiveThread> {
    const thread = this.peek(thread_id);
    if (thread) return thread;
    return this.using(thread_id, async (created) => {
      await created.created;
      return created;
    });
  }

  /** Starts a new incarnation, which takes all later appends. Readers see it once it is confirmed. */
  startOver(thread: ActiveThread): ThreadRecord {
    const { epoch } = thread.record;
    const at = this.#deps.clock.wall();
    const record = this.#newThread({ epoch, reason: 'deleted', at });
    thread.record = record;
    thread.assigned = { offset: 0, cumulativeBytes: 0 };
    thread.open = undefined;
    thread.messages = undefined;
    return record;
  }

  /** Replaces the thread's entry. Returns a function that lists the writes when the commit closes. */
  writeEntry(
    thread_id: string,
    thread: ActiveThread,
    entry: StoredEntry,
  ): () => readonly Operation[] {
    const { epoch, entry: before } = thread.record;
    thread.record = { ...thread.record, entry };
    const places = placeWrites(thread_id, before, entry);
    return () =>
      // If the thread was erased meanwhile, this commit holds the erasure, which removes the entry.
      thread.record.epoch === epoch ? [...places, writeThread(thread_id, thread.record)] : places;
  }

  #endOf(record: ThreadRecord): LogEnd {
    const newest = this.#deps.unsettled.get(record.epoch)?.newest;
    return newest ? endAt(newest) : logEnd(this.#deps.environment, record);
  }

  #create(thread_id: string, purpose: Purpose): ActiveThread {
    if (purpose === 'client') this.#deps.gate.require('event', thread_id);
    if (Buffer.byteLength(thread_id) > MAX_ID_BYTES) {
      throw new RangeError(`A thread id has at most ${MAX_ID_BYTES} bytes`);
    }
    const record = this.#newThread();
    const thread = activeThread(record, beginning(record));
    // Keep the new thread in memory until its record is flushed, so that a concurrent caller does not create it twice.
    thread.uses = 1;
    for (const hold of this.#holdsOf(thread_id)) {
      hold.thread = thread;
      thread.uses += 1;
    }
    this.#waiting.delete(thread_id);
    const released = () => {
      // Drop the promise: it would stay in memory as long as the thread.
      thread.created = EXISTS;
      this.release(thread_id, thread);
    };
    const { commits, followers } = this.#deps;
    thread.created = commits
      .write(() => [writeThread(thread_id, record)])
      .then(() => followers.notify(thread_id, confirmedHead(thread)));
    // A failure is not lost here: every caller awaits the creation or a later commit.
    thread.created.then(released, released);
    return thread;
  }

  #newThread(previous?: ThreadRecord['previous']): ThreadRecord {
    const { entropy, clock } = this.#deps;
    return newThread(entropy.token(EPOCH_BYTES), clock.wall(), previous);
  }
}

/** The thread as readers see it. */
export const confirmedHead = ({ confirmed }: ActiveThread): ThreadHead =>
  headOf(confirmed.record, confirmed.end);

/** The end of a log without events. */
export const beginning = (record: ThreadRecord): LogEnd => ({
  offset: record.base,
  tag: record.baseTag,
  cumulativeBytes: 0,
});

const EXISTS = Promise.resolve();

const activeThread = (record: ThreadRecord, end: LogEnd): ActiveThread => ({
  uses: 0,
  record,
  confirmed: { record, end },
  assigned: { offset: end.offset, cumulativeBytes: end.cumulativeBytes },
  created: EXISTS,
  open: undefined,
  messages: undefined,
});
