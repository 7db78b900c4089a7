/**
 * Logs on LMDB. This process is the only writer, so what it assigns (offsets, message ids, epochs) is
 * decided in memory, synchronously; what is confirmed and may be read is what has been flushed.
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
import { TAG_BYTES } from '../tags.js';
import {
  type ActiveThread,
  ActiveThreads,
  beginning,
  confirmedHead,
  type OffsetRange,
  type OpenBatch,
} from './active-threads.js';
import type { Environment, Operation } from './environment.js';
import type { GroupCommit } from './group-commit.js';
import { epochRange, logKey, messageKey, nameKey } from './keys.js';
import type { LmdbRuns } from './lmdb-runs.js';
import { bury, Purge } from './purge.js';
import { decodeBatch, decodeJson, encodeBatch, encodeJson, type MessageRange } from './record.js';
import {
  batchAtOrBefore,
  batchesFrom,
  type LogEnd,
  newestBatch,
  writeThread,
} from './thread-record.js';

/**
 * A record is read, checked and cut as a whole: a burst that arrives during one flush is split into
 * records of about a frame's size.
 */
const BATCH_BYTES = 64 * 1024;
const BATCH_EVENTS = 512;

export interface LmdbLogsParts {
  readonly environment: Environment;
  readonly commits: GroupCommit;
  readonly runs: LmdbRuns;
  readonly clock: Pick<Clock, 'wall'>;
  readonly entropy: Pick<Entropy, 'token'>;
}

export class LmdbLogs implements LogStore {
  readonly #threads: ActiveThreads;
  readonly #followers = new Followers();
  readonly #purge: Purge;
  readonly #environment: Environment;
  readonly #commits: GroupCommit;
  readonly #runs: LmdbRuns;
  readonly #clock: Pick<Clock, 'wall'>;
  readonly #entropy: Pick<Entropy, 'token'>;

  constructor(parts: LmdbLogsParts) {
    this.#environment = parts.environment;
    this.#commits = parts.commits;
    this.#runs = parts.runs;
    this.#clock = parts.clock;
    this.#entropy = parts.entropy;
    this.#threads = new ActiveThreads(parts);
    this.#purge = new Purge(parts.environment, parts.commits);
    this.#purge.start();
  }

  async open(thread_id: string): Promise<ThreadHead> {
    return this.#threads.using(thread_id, async (thread) => {
      await thread.created;
      return confirmedHead(thread);
    });
  }

  async head(thread_id: string): Promise<ThreadHead | undefined> {
    const thread = this.#threads.peek(thread_id);
    return thread && confirmedHead(thread);
  }

  async append(
    thread_id: string,
    events: readonly Buffer[],
    { message_id, fence }: AppendOptions = {},
  ): Promise<AppendOutcome> {
    return this.#threads.using(thread_id, async (thread) => {
      const { epoch } = thread.record;
      if (message_id !== undefined) {
        // No await unless it is known: two appends of one id must not both find nothing (I8). What is
        // in flight comes first: its record may be in the file before its flush is confirmed (I1).
        const known = thread.messages.get(message_id) ?? this.#rangeOf(epoch, message_id);
        if (known) return { outcome: 'duplicate', epoch, ...(await known) };
      }
      if (fence && !this.#runs.holds(fence.run_id, fence.token)) return { outcome: 'fenced' };

      const first = thread.assigned.offset + 1;
      const range = { first, last: first + events.length - 1 };
      thread.assigned.offset = range.last;
      const batch = this.#batchFor(thread_id, thread, first);
      batch.events.push(...events);
      batch.bytes += events.reduce((sum, event) => sum + event.length, 0);
      if (message_id !== undefined) batch.messages.push([message_id, range.first, range.last]);
      const finished = fence?.finish && this.#runs.finish(fence.run_id, fence.finish);

      const confirmed = Promise.all([batch.confirmed, finished]).then(() => range);
      if (message_id === undefined) await confirmed;
      else await whileInFlight(thread, message_id, confirmed);
      return { outcome: 'appended', epoch, ...range };
    });
  }

  async read(thread_id: string, after: number, limits: ReadLimits): Promise<ReadOutcome> {
    const thread = await this.#threads.existing(thread_id);
    const head = confirmedHead(thread);
    if (after >= head.offset) return { head, batches: [] };
    const wanted = Math.max(after, head.base) + 1;
    const holder = batchAtOrBefore(this.#environment, head.epoch, wanted);
    if (!holder || holder.last < wanted) return { head, batches: [] };
    const rest = batchesFrom(this.#environment, head.epoch, holder.last + 1, limits.maxBytes);
    // What is in the file beyond the head has not been confirmed (I1).
    const batches = [holder, ...rest].filter(({ last }) => last <= head.offset);
    return { head, batches };
  }

  async locate(thread_id: string, offset: number): Promise<Location> {
    const thread = await this.#threads.existing(thread_id);
    const head = confirmedHead(thread);
    if (offset === head.base) return { head, tag: head.baseTag };
    if (offset === head.offset) return { head, tag: head.tag };
    if (offset < head.base || offset > head.offset) return { head };
    const batch = batchAtOrBefore(this.#environment, head.epoch, offset);
    return { head, ...(batch && batch.last >= offset && { tag: batch.tag }) };
  }

  async trim(thread_id: string, retention: Retention, maxBatches: number): Promise<TrimOutcome> {
    return this.#threads.using(thread_id, async (thread) => {
      const { confirmed } = thread;
      const { epoch } = confirmed.record;
      const newest = { last: confirmed.end.offset, cumulativeBytes: confirmed.end.cumulativeBytes };
      const now = this.#clock.wall();
      const operations: Operation[] = [];
      let trimmed = 0;
      for (const { key, value } of this.#environment.range('logs', epochRange(epoch))) {
        const { batch, messages } = decodeBatch(key, value);
        if (trimmed === maxBatches || batch.last > newest.last) break;
        if (!mayTrim(batch, newest, retention, now)) break;
        // Readers hear of the gap before the batches go: none of them meets a hole (I4).
        const base = { base: batch.last, baseTag: batch.tag, touchedAt: now };
        confirmed.record = { ...confirmed.record, ...base };
        if (thread.record.epoch === epoch) thread.record = { ...thread.record, ...base };
        operations.push({ table: 'logs', key, value: null });
        for (const [id] of messages) {
          operations.push({ table: 'messages', key: messageKey(epoch, id), value: null });
        }
        trimmed += 1;
      }
      if (trimmed > 0) {
        await this.#commits.write(() => [...operations, writeThread(thread_id, thread.record)]);
      }
      return { base: confirmed.record.base, more: trimmed === maxBatches };
    });
  }

  async delete(thread_id: string): Promise<ThreadHead> {
    return this.#threads.using(thread_id, async (thread) => {
      const { epoch } = thread.record;
      const record = this.#threads.startOver(thread);
      await this.#commits.write(() => [writeThread(thread_id, record), bury(epoch)]);
      thread.confirmed.record = record;
      thread.confirmed.end = beginning(record);
      const head = confirmedHead(thread);
      this.#followers.notify(thread_id, head);
      this.#purge.start();
      return head;
    });
  }

  async forget(thread_id: string): Promise<void> {
    const record = this.#threads.stored(thread_id);
    if (!record) return;
    await this.#threads.remove(thread_id, [
      { table: 'threads', key: nameKey(thread_id), value: null },
      bury(record.epoch),
    ]);
    this.#purge.start();
  }

  async forgetIdle(thread_id: string, wall: number): Promise<boolean> {
    const record = this.#threads.stored(thread_id);
    if (!record || record.touchedAt >= wall || !this.#threads.isIdle(thread_id)) return false;
    if (newestBatch(this.#environment, record.epoch)) return false;
    // Nothing is awaited in between: who comes now finds it gone, flushed or not.
    await this.forget(thread_id);
    return true;
  }

  async threads(after: string, limit: number): Promise<readonly string[]> {
    const range = this.#environment.range('threads', { start: nameKey(`${after}\0`), limit });
    return Array.from(range, (entry) => entry.key.toString('utf8'));
  }

  follow(thread_id: string, listener: (head: ThreadHead) => void): () => void {
    const thread = this.#threads.acquire(thread_id);
    const unfollow = this.#followers.add(thread_id, listener);
    let following = true;
    return () => {
      if (!following) return;
      following = false;
      unfollow();
      this.#threads.release(thread_id, thread);
    };
  }

  /** Stops what is removed behind everyone's back; the next start goes on with it. */
  async close(): Promise<void> {
    await this.#purge.stop();
  }

  /** The batch that takes the next append along: the open one, unless it is full. */
  #batchFor(thread_id: string, thread: ActiveThread, first: number): OpenBatch {
    const { open } = thread;
    const full = open && (open.bytes >= BATCH_BYTES || open.events.length >= BATCH_EVENTS);
    return open && !full ? open : this.#openBatch(thread_id, thread, first);
  }

  /** Opens the batch that the next commit takes along. */
  #openBatch(thread_id: string, thread: ActiveThread, first: number): OpenBatch {
    const { epoch } = thread.record;
    let end: LogEnd | undefined;
    const confirmed = this.#commits
      .write(() => {
        // Closed now: what is appended from here on goes to the next batch.
        if (thread.open === open) thread.open = undefined;
        const batch = this.#close(thread, epoch, open);
        end = { offset: batch.last, tag: batch.tag, cumulativeBytes: batch.cumulativeBytes };
        return operationsFor(epoch, batch, open.messages);
      })
      .then(() => {
        // The thread may have been erased meanwhile: its new incarnation has another end.
        if (!end || thread.confirmed.record.epoch !== epoch) return;
        thread.confirmed.end = end;
        this.#followers.notify(thread_id, confirmedHead(thread));
      });
    const open: OpenBatch = { first, events: [], messages: [], bytes: 0, confirmed };
    thread.open = open;
    return open;
  }

  #close(thread: ActiveThread, epoch: string, open: OpenBatch): EventBatch {
    const current = thread.record.epoch === epoch;
    const batch = EventBatch.of(open.events, {
      first: open.first,
      tag: this.#entropy.token(TAG_BYTES),
      at: this.#clock.wall(),
      precedingBytes: current ? thread.assigned.cumulativeBytes : 0,
    });
    if (current) thread.assigned.cumulativeBytes = batch.cumulativeBytes;
    return batch;
  }

  #rangeOf(epoch: string, message_id: string): OffsetRange | undefined {
    const key = messageKey(epoch, message_id);
    const value = this.#environment.get('messages', key);
    return value && decodeJson<OffsetRange>(key, value);
  }
}

/** Lets a repeated message id find the append that is still being flushed (I8). */
async function whileInFlight(
  thread: ActiveThread,
  message_id: string,
  confirmed: Promise<OffsetRange>,
): Promise<void> {
  thread.messages.set(message_id, confirmed);
  try {
    await confirmed;
  } finally {
    if (thread.messages.get(message_id) === confirmed) thread.messages.delete(message_id);
  }
}

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
