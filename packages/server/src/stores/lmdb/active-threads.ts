/**
 * Threads in use: followed, or with a write under way. Only those are held in memory. A thread's record
 * and what has been assigned in it run ahead of the file; `confirmed` is what may be read (I1).
 */

import type { Entropy } from '../../clock.js';
import { EPOCH_BYTES } from '../tags.js';
import type { Environment } from './environment.js';
import type { GroupCommit } from './group-commit.js';
import type { MessageRange } from './record.js';
import {
  type LogEnd,
  logEnd,
  newThread,
  readThread,
  type ThreadRecord,
  writeThread,
} from './thread-record.js';

export interface OffsetRange {
  readonly first: number;
  readonly last: number;
}

/** Appends that leave as one batch with the next commit. */
export interface OpenBatch {
  readonly first: number;
  readonly events: Buffer[];
  readonly messages: MessageRange[];
  readonly confirmed: Promise<void>;
}

export interface ActiveThread {
  uses: number;
  record: ThreadRecord;
  confirmed: LogEnd;
  /** The end of the log with everything that has been taken on. */
  assigned: { offset: number; cumulativeBytes: number };
  /** Resolves when the thread's creation is flushed. */
  created: Promise<void>;
  open: OpenBatch | undefined;
  /** Appends with a message id that are being flushed. */
  readonly messages: Map<string, Promise<OffsetRange>>;
}

export class ActiveThreads {
  readonly #threads = new Map<string, ActiveThread>();
  readonly #environment: Environment;
  readonly #commits: GroupCommit;
  readonly #entropy: Pick<Entropy, 'token'>;

  constructor(environment: Environment, commits: GroupCommit, entropy: Pick<Entropy, 'token'>) {
    this.#environment = environment;
    this.#commits = commits;
    this.#entropy = entropy;
  }

  /** Runs `work` with the thread held in memory; creates the thread if there is none. */
  async using<T>(thread_id: string, work: (thread: ActiveThread) => Promise<T>): Promise<T> {
    const thread = this.acquire(thread_id);
    try {
      return await work(thread);
    } finally {
      this.release(thread_id, thread);
    }
  }

  acquire(thread_id: string): ActiveThread {
    const thread = this.peek(thread_id) ?? this.#create(thread_id);
    thread.uses += 1;
    this.#threads.set(thread_id, thread);
    return thread;
  }

  release(thread_id: string, thread: ActiveThread): void {
    thread.uses -= 1;
    if (thread.uses === 0) this.#threads.delete(thread_id);
  }

  /** The thread in use, or as the file has it; undefined if there is none. */
  peek(thread_id: string): ActiveThread | undefined {
    const active = this.#threads.get(thread_id);
    if (active) return active;
    const record = readThread(this.#environment, thread_id);
    return record && activeThread(record, logEnd(this.#environment, record));
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

  /** Starts a new incarnation of a thread in use. */
  startOver(thread: ActiveThread): ThreadRecord {
    const { epoch } = thread.record;
    const record = newThread(this.#mintEpoch(), { epoch, reason: 'deleted' });
    thread.record = record;
    thread.confirmed = beginning(record);
    thread.assigned = { offset: 0, cumulativeBytes: 0 };
    thread.open = undefined;
    thread.messages.clear();
    return record;
  }

  #create(thread_id: string): ActiveThread {
    const record = newThread(this.#mintEpoch());
    const thread = activeThread(record, beginning(record));
    thread.created = this.#commits.write(() => [writeThread(thread_id, record)]);
    // Whoever needs the thread awaits its creation or something later; none of it is lost here.
    thread.created.catch(() => {});
    return thread;
  }

  #mintEpoch(): string {
    return this.#entropy.token(EPOCH_BYTES);
  }
}

/** The end of a log without events. */
const beginning = (record: ThreadRecord): LogEnd => ({
  offset: record.base,
  tag: record.baseTag,
  cumulativeBytes: 0,
});

const activeThread = (record: ThreadRecord, end: LogEnd): ActiveThread => ({
  uses: 0,
  record,
  confirmed: end,
  assigned: { offset: end.offset, cumulativeBytes: end.cumulativeBytes },
  created: Promise.resolve(),
  open: undefined,
  messages: new Map(),
});
