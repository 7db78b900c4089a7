/**
 * Logs on LMDB. This process is the only writer, so what it has assigned (offsets, message ids, epochs)
 * is decided in memory, synchronously; what is confirmed and may be read is what has been flushed.
 *
 * A thread is held in memory only while it is in use: followed, or with a write under way.
 */

import type { Clock, Entropy } from '../../clock.js';
import { mayTrim, type Retention } from '../../core/retention.js';
import { EventBatch } from '../event-batch.js';
import { Followers } from '../followers.js';
import type {
  AppendOptions,
  AppendOutcome,
  Location,
  LogStore,
  ReadLimits,
  ReadOutcome,
  ThreadHead,
  TrimOutcome,
} from '../store.js';
import { EPOCH_BYTES, TAG_BYTES } from '../tags.js';
import type { Entry, Environment, Range as KeyRange, Operation } from './environment.js';
import type { GroupCommit } from './group-commit.js';
import { epochRange, logKey, messageKey, nameKey } from './keys.js';
import type { LmdbRuns } from './lmdb-runs.js';
import { decodeBatch, decodeJson, encodeBatch, encodeJson, type MessageRange } from './record.js';
import {
  batchAtOrBefore,
  batchesFrom,
  headOf,
  type LogEnd,
  logEnd,
  newThread,
  readThread,
  type ThreadRecord,
  writeThread,
} from './thread-record.js';

/** How many records of an erased thread one commit removes; keeps a commit in the milliseconds. */
const PURGE_BATCH = 500;

type Range = { readonly first: number; readonly last: number };

/** Appends that leave as one batch with the next commit. */
interface OpenBatch {
  readonly first: number;
  readonly events: Buffer[];
  readonly messages: MessageRange[];
  readonly confirmed: Promise<void>;
}

/** A thread in use. `record` and `assigned` are ahead of the file, `confirmed` is what may be read. */
interface ActiveThread {
  uses: number;
  record: ThreadRecord;
  confirmed: LogEnd;
  /** The end of the log with everything that has been taken on. */
  assigned: { offset: number; cumulativeBytes: number };
  /** Resolves when the thread's creation is flushed. */
  created: Promise<void>;
  open: OpenBatch | undefined;
  readonly messages: Map<string, Promise<Range>>;
}

export interface LmdbLogsParts {
  readonly environment: Environment;
  readonly commits: GroupCommit;
  readonly runs: LmdbRuns;
  readonly clock: Pick<Clock, 'wall'>;
  readonly entropy: Pick<Entropy, 'token'>;
}

export class LmdbLogs implements LogStore {
  readonly #active = new Map<string, ActiveThread>();
  readonly #followers = new Followers();
  readonly #environment: Environment;
  readonly #commits: GroupCommit;
  readonly #runs: LmdbRuns;
  readonly #clock: Pick<Clock, 'wall'>;
  readonly #entropy: Pick<Entropy, 'token'>;
  #purging: Promise<void> | undefined;

  constructor(parts: LmdbLogsParts) {
    this.#environment = parts.environment;
    this.#commits = parts.commits;
    this.#runs = parts.runs;
    this.#clock = parts.clock;
    this.#entropy = parts.entropy;
  }

  async open(thread_id: string): Promise<ThreadHead> {
    return this.#using(thread_id, async (thread) => {
      await thread.created;
      return headOf(thread.record, thread.confirmed);
    });
  }

  async head(thread_id: string): Promise<ThreadHead | undefined> {
    const thread = this.#peek(thread_id);
    return thread && headOf(thread.record, thread.confirmed);
  }

  async append(
    thread_id: string,
    events: readonly Buffer[],
    { message_id, fence }: AppendOptions = {},
  ): Promise<AppendOutcome> {
    return this.#using(thread_id, async (thread) => {
      const { epoch } = thread.record;
      if (message_id !== undefined) {
        // No await unless it is known: two appends of one id must not both find nothing (I8). What is
        // in flight comes first: its record may be in the file before its flush is confirmed (I1).
        const known = thread.messages.get(message_id) ?? this.#rangeOf(epoch, message_id);
        if (known) return { outcome: 'duplicate', epoch, ...(await known) };
      }
      if (fence && !this.#runs.holds(fence.run_id, fence.token)) return { outcome: 'fenced' };

      const range = {
        first: thread.assigned.offset + 1,
        last: thread.assigned.offset + events.length,
      };
      thread.assigned.offset = range.last;
      const batch = this.#openBatch(thread_id, thread, range.first);
      batch.events.push(...events);
      if (message_id !== undefined) batch.messages.push([message_id, range.first, range.last]);
      const finished = fence?.finish && this.#runs.finish(fence.run_id, fence.finish);

      const confirmed = Promise.all([batch.confirmed, finished]).then(() => range);
      if (message_id === undefined) await confirmed;
      else await this.#whileInFlight(thread, message_id, confirmed);
      return { outcome: 'appended', epoch, ...range };
    });
  }

  async read(thread_id: string, after: number, limits: ReadLimits): Promise<ReadOutcome> {
    const thread = await this.#existing(thread_id);
    const head = headOf(thread.record, thread.confirmed);
    const batches: EventBatch[] = [];
    if (after >= head.offset) return { head, batches };
    const holder = batchAtOrBefore(this.#environment, head.epoch, after + 1);
    const from = holder && holder.last > after ? holder.first : after + 1;
    let bytes = 0;
    for (const batch of batchesFrom(this.#environment, head.epoch, Math.max(from, head.base + 1))) {
      if (batch.last > head.offset) break;
      if (batches.length > 0 && bytes + batch.payload.length > limits.maxBytes) break;
      bytes += batch.payload.length;
      batches.push(batch);
    }
    return { head, batches };
  }

  async locate(thread_id: string, offset: number): Promise<Location> {
    const thread = await this.#existing(thread_id);
    const head = headOf(thread.record, thread.confirmed);
    if (offset === head.base) return { head, tag: thread.record.baseTag };
    if (offset === head.offset) return { head, tag: head.tag };
    if (offset < head.base || offset > head.offset) return { head };
    const batch = batchAtOrBefore(this.#environment, head.epoch, offset);
    return { head, ...(batch && batch.last >= offset && { tag: batch.tag }) };
  }

  async trim(thread_id: string, retention: Retention, maxBatches: number): Promise<TrimOutcome> {
    return this.#using(thread_id, async (thread) => {
      const { record, confirmed } = thread;
      const newest = { last: confirmed.offset, cumulativeBytes: confirmed.cumulativeBytes };
      const now = this.#clock.wall();
      const operations: Operation[] = [];
      let trimmed = 0;
      for (const { key, value } of this.#environment.range('logs', epochRange(record.epoch))) {
        const { batch, messages } = decodeBatch(key, value);
        if (trimmed === maxBatches || batch.last > newest.last) break;
        if (!mayTrim(batch, newest, retention, now)) break;
        // Readers hear of the gap before the batches go: none of them meets a hole (I4).
        thread.record = { ...thread.record, base: batch.last, baseTag: batch.tag };
        operations.push({ table: 'logs', key, value: null });
        for (const [id] of messages) {
          operations.push({ table: 'messages', key: messageKey(record.epoch, id), value: null });
        }
        trimmed += 1;
      }
      if (trimmed > 0) {
        operations.push(writeThread(thread_id, thread.record));
        await this.#commits.write(() => operations);
      }
      return { base: thread.record.base, more: trimmed === maxBatches };
    });
  }

  async delete(thread_id: string): Promise<ThreadHead> {
    return this.#using(thread_id, async (thread) => {
      const { epoch } = thread.record;
      this.#begin(thread, newThread(this.#mintEpoch(), { epoch, reason: 'deleted' }));
      const { record } = thread;
      await this.#commits.write(() => [writeThread(thread_id, record), bury(epoch)]);
      const head = headOf(record, thread.confirmed);
      this.#followers.notify(thread_id, head);
      this.#purge();
      return head;
    });
  }

  async forget(thread_id: string): Promise<void> {
    const record = readThread(this.#environment, thread_id);
    if (!record) return;
    await this.#commits.write(() => [
      { table: 'threads', key: nameKey(thread_id), value: null },
      bury(record.epoch),
    ]);
    this.#purge();
  }

  async threads(after: string, limit: number): Promise<readonly string[]> {
    const range = this.#environment.range('threads', { start: nameKey(`${after}\0`), limit });
    return Array.from(range, (entry) => entry.key.toString('utf8'));
  }

  follow(thread_id: string, listener: (head: ThreadHead) => void): () => void {
    const thread = this.#acquire(thread_id);
    const unfollow = this.#followers.add(thread_id, listener);
    let following = true;
    return () => {
      if (!following) return;
      following = false;
      unfollow();
      this.#release(thread_id, thread);
    };
  }

  /** Goes on removing what a crash left of erased threads. */
  resumePurge(): void {
    this.#purge();
  }

  async settled(): Promise<void> {
    await this.#purging;
  }

  /** The batch that the next commit takes along; opens one if there is none. */
  #openBatch(thread_id: string, thread: ActiveThread, first: number): OpenBatch {
    if (thread.open) return thread.open;
    const events: Buffer[] = [];
    const messages: MessageRange[] = [];
    const { epoch } = thread.record;
    let end: LogEnd | undefined;
    const confirmed = this.#commits
      .write(() => {
        // Closed now: what is appended from here on goes to the next batch.
        if (thread.open === open) thread.open = undefined;
        const batch = this.#close(thread, epoch, open);
        end = { offset: batch.last, tag: batch.tag, cumulativeBytes: batch.cumulativeBytes };
        return operationsFor(epoch, batch, messages);
      })
      .then(() => {
        if (!end || thread.record.epoch !== epoch) return;
        thread.confirmed = end;
        this.#followers.notify(thread_id, headOf(thread.record, end));
      });
    const open: OpenBatch = { first, events, messages, confirmed };
    thread.open = open;
    return open;
  }

  #close(thread: ActiveThread, epoch: string, open: OpenBatch): EventBatch {
    const precedingBytes = thread.record.epoch === epoch ? thread.assigned.cumulativeBytes : 0;
    const batch = EventBatch.of(open.events, {
      first: open.first,
      tag: this.#entropy.token(TAG_BYTES),
      at: this.#clock.wall(),
      precedingBytes,
    });
    if (thread.record.epoch === epoch) thread.assigned.cumulativeBytes = batch.cumulativeBytes;
    return batch;
  }

  /** Lets a repeated message id find the append that is still being flushed (I8). */
  async #whileInFlight(
    thread: ActiveThread,
    message_id: string,
    confirmed: Promise<Range>,
  ): Promise<void> {
    thread.messages.set(message_id, confirmed);
    try {
      await confirmed;
    } finally {
      if (thread.messages.get(message_id) === confirmed) thread.messages.delete(message_id);
    }
  }

  #rangeOf(epoch: string, message_id: string): Range | undefined {
    const key = messageKey(epoch, message_id);
    const value = this.#environment.get('messages', key);
    return value && decodeJson<Range>(key, value);
  }

  /** Runs `work` with the thread held in memory; creates the thread if there is none. */
  async #using<T>(thread_id: string, work: (thread: ActiveThread) => Promise<T>): Promise<T> {
    const thread = this.#acquire(thread_id);
    try {
      return await work(thread);
    } finally {
      this.#release(thread_id, thread);
    }
  }

  #acquire(thread_id: string): ActiveThread {
    const thread = this.#peek(thread_id) ?? this.#create(thread_id);
    thread.uses += 1;
    this.#active.set(thread_id, thread);
    return thread;
  }

  #release(thread_id: string, thread: ActiveThread): void {
    thread.uses -= 1;
    if (thread.uses === 0) this.#active.delete(thread_id);
  }

  /** The thread in use, or as the file has it; undefined if there is none. */
  #peek(thread_id: string): ActiveThread | undefined {
    const active = this.#active.get(thread_id);
    if (active) return active;
    const record = readThread(this.#environment, thread_id);
    return record && activeThread(record, logEnd(this.#environment, record));
  }

  /** The thread, for reading; created if there is none. */
  async #existing(thread_id: string): Promise<ActiveThread> {
    const thread = this.#peek(thread_id);
    if (thread) return thread;
    return this.#using(thread_id, async (created) => {
      await created.created;
      return created;
    });
  }

  #create(thread_id: string): ActiveThread {
    const record = newThread(this.#mintEpoch());
    const thread = activeThread(record, beginning(record));
    thread.created = this.#commits.write(() => [writeThread(thread_id, record)]);
    // Whoever needs the thread awaits its creation or something later; none of it is lost here.
    thread.created.catch(() => {});
    return thread;
  }

  /** Starts a new incarnation of a thread in use. */
  #begin(thread: ActiveThread, record: ThreadRecord): void {
    thread.record = record;
    thread.confirmed = beginning(record);
    thread.assigned = { offset: 0, cumulativeBytes: 0 };
    thread.open = undefined;
    thread.messages.clear();
  }

  #mintEpoch(): string {
    return this.#entropy.token(EPOCH_BYTES);
  }

  #purge(): void {
    this.#purging ??= this.#emptyGraves().finally(() => {
      this.#purging = undefined;
    });
    // A failed write stops the store by itself; the next start goes on purging.
    this.#purging.catch(() => {});
  }

  async #emptyGraves(): Promise<void> {
    for (let grave = this.#grave(); grave; grave = this.#grave()) {
      const { key } = grave;
      const range = { ...epochRange(key.toString('latin1')), limit: PURGE_BATCH };
      for (const table of ['logs', 'messages'] as const) {
        for (
          let keys = this.#keys(table, range);
          keys.length > 0;
          keys = this.#keys(table, range)
        ) {
          const removals = keys.map((each) => ({ table, key: each, value: null }));
          await this.#commits.write(() => removals);
        }
      }
      await this.#commits.write(() => [{ table: 'graves', key, value: null }]);
    }
  }

  #grave(): Entry | undefined {
    const [grave] = this.#environment.range('graves', { limit: 1 });
    return grave;
  }

  #keys(table: 'logs' | 'messages', range: KeyRange): readonly Buffer[] {
    return Array.from(this.#environment.range(table, range), (entry) => entry.key);
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

function operationsFor(
  epoch: string,
  batch: EventBatch,
  messages: readonly MessageRange[],
): readonly Operation[] {
  const key = logKey(epoch, batch.first);
  const operations: Operation[] = [
    { table: 'logs', key, value: encodeBatch(key, { batch, messages }) },
  ];
  for (const [id, first, last] of messages) {
    const messageId = messageKey(epoch, id);
    const value = encodeJson(messageId, { first, last });
    operations.push({ table: 'messages', key: messageId, value });
  }
  return operations;
}

/** Marks an epoch's records for removal. */
const bury = (epoch: string): Operation => ({
  table: 'graves',
  key: Buffer.from(epoch, 'latin1'),
  value: Buffer.of(1),
});
