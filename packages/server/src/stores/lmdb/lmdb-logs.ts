/**
 * Logs on LMDB. This process is the only writer, so it assigns offsets, message ids and epochs in memory,
 * synchronously. An append is confirmed and readable once it is flushed.
 */

import { mayTrim, type Retention } from '../../core/retention.js';
import type { Entropy } from '../../util/clock.js';
import { ChangedLogs } from '../changed-logs.js';
import type { EventBatch, EventsWanted } from '../event-batch.js';
import type { Followers } from '../followers.js';
import type {
  AppendOptions,
  AppendOutcome,
  CompactedRange,
  HeadListener,
  Location,
  LogStore,
  ReadLimits,
  ReadOutcome,
  ThreadHead,
  ThreadTouch,
  TrimOutcome,
} from '../store.js';
import { touchEntry } from '../stored-entry.js';
import { withCompactedRanges } from '../with-compacted-ranges.js';
import {
  type ActiveThread,
  type ActiveThreads,
  beginning,
  confirmedHead,
} from './active-threads.js';
import { Appends } from './appends.js';
import { compactedFrom, trimCompacted, writeCompactedRange } from './compacted-ranges.js';
import { placeWrites } from './entry-writes.js';
import type { Operation } from './environment.js';
import type { LmdbTools } from './group-commit.js';
import { epochRange, logKey, messageKey, nameKey, offsetOfLogKey } from './keys.js';
import type { LmdbRuns } from './lmdb-runs.js';
import { markForPurge, Purge } from './purge.js';
import type { JournalContents } from './read-journal.js';
import { damaged, decodeBatch, decodeJson } from './record.js';
import { Settling, type SettlingPace } from './settling.js';
import { batchAtOrBefore, batchesFrom, newestBatch, writeThread } from './thread-record.js';
import type { OffsetRange, Unsettled } from './unsettled.js';

export interface LmdbLogsDeps extends LmdbTools {
  readonly threads: ActiveThreads;
  readonly journal: JournalContents;
  readonly runs: LmdbRuns;
  readonly followers: Followers;
  readonly entropy: Pick<Entropy, 'token'>;
  readonly pace?: SettlingPace | undefined;
}

export class LmdbLogs implements LogStore {
  readonly #deps: LmdbLogsDeps;
  readonly #threads: ActiveThreads;
  readonly #unsettled: Unsettled;
  readonly #appends: Appends;
  readonly #settling: Settling;
  readonly #followers: Followers;
  readonly #changed = new ChangedLogs();
  readonly #purge: Purge;

  constructor(deps: LmdbLogsDeps) {
    const { environment, commits, threads, followers } = deps;
    this.#deps = deps;
    this.#followers = followers;
    const { unsettled, oldest, newest } = deps.journal;
    this.#unsettled = unsettled;
    this.#threads = threads;
    this.#appends = new Appends({
      ...deps,
      unsettled,
      changed: this.#changed,
      sequence: newest,
      onConfirmed: () => this.#settling.consider(),
    });
    this.#settling = new Settling({
      commits,
      unsettled,
      oldest,
      pace: deps.pace,
      newest: () => this.#appends.confirmed,
    });
    this.#purge = new Purge(environment, commits, () => this.#settling.clear());
    this.#purge.start();
    this.#settling.consider();
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

  append(
    thread_id: string,
    events: readonly string[],
    options: AppendOptions = {},
  ): Promise<AppendOutcome> {
    const { message_id, fence, touch, mark } = options;
    if (message_id !== undefined || fence || touch) {
      return this.#appendOnce(thread_id, events, options);
    }
    try {
      this.#deps.gate.require('event', thread_id, bytesOf(events));
      const batch = this.#appends.add(thread_id, events, mark);
      const { epoch } = batch;
      const last = batch.first + batch.events.length - 1;
      const first = last - events.length + 1;
      return batch.confirmed.then(() => ({ outcome: 'appended', epoch, first, last }));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Appends unless its message id is known or its fence is closed. */
  async #appendOnce(
    thread_id: string,
    events: readonly string[],
    { message_id, fence, touch, mark }: AppendOptions,
  ): Promise<AppendOutcome> {
    // The end of a run is always written: it frees the thread for the next one.
    const purpose = fence?.finish ? 'clean-up' : 'client';
    const append = async (thread: ActiveThread): Promise<AppendOutcome> => {
      const { epoch } = thread.record;
      if (message_id !== undefined) {
        // No await unless the id is known: two concurrent appends of one id must not both find nothing (I8).
        // mutant: a-message-in-flight-is-not-known, message-ids-are-not-kept
        const known = thread.messages?.get(message_id) ?? this.#rangeOf(epoch, message_id);
        // mutant: a-duplicate-is-confirmed-before-the-first
        if (known) return { outcome: 'duplicate', epoch, ...(await known) };
      }
      // mutant: fences-are-open
      if (fence && !this.#deps.runs.admits(fence)) return { outcome: 'fenced' };
      if (purpose === 'client') {
        const growth = fence && !fence.start ? 'reply' : 'event';
        this.#deps.gate.require(growth, thread_id, bytesOf(events));
      }

      const batch = this.#appends.add(thread_id, events, mark);
      const last = batch.first + batch.events.length - 1;
      const range = { first: last - events.length + 1, last };
      if (message_id !== undefined) batch.messages.push([message_id, range.first, range.last]);
      // No await in between, so that one commit holds all of them or none.
      const started = fence?.start && this.#deps.runs.start(fence.start);
      // mutant: a-finished-run-stays-open
      const finished = fence?.finish && this.#deps.runs.finish(fence.run_id, fence.finish);
      // mutant: the-list-follows-in-a-later-commit
      const touched = touch && this.#touch(thread_id, thread, touch);

      const confirmed = Promise.all([batch.confirmed, started, finished, touched]).then(
        () => range,
      );
      if (message_id === undefined) await confirmed;
      else await whileInFlight(thread, message_id, confirmed);
      return { outcome: 'appended', epoch, ...range };
    };
    return this.#threads.using(thread_id, append, purpose);
  }

  /** Resolves when the thread's entry in the list is flushed; undefined if the entry does not change. */
  #touch(thread_id: string, thread: ActiveThread, touch: ThreadTouch): Promise<void> | undefined {
    const entry = touchEntry(thread.record.entry, touch, this.#deps.clock.wall());
    if (entry === thread.record.entry) return undefined;
    return this.#deps.commits.write(this.#threads.writeEntry(thread_id, thread, entry));
  }

  async read(
    thread_id: string,
    after: number,
    { maxBytes, compacted }: ReadLimits,
  ): Promise<ReadOutcome> {
    const thread = await this.#threads.existing(thread_id);
    const head = confirmedHead(thread);
    const wanted = Math.max(after, head.base) + 1;
    // A log that is trimmed up to its head has no batch for any reader.
    if (wanted > head.offset) return { head, batches: [] };
    const { epoch } = head;
    if (!compacted) {
      const all = { from: wanted, to: head.offset, maxBytes };
      return { head, batches: this.#eventsFrom(epoch, all) };
    }
    const sources = {
      compacted: compactedFrom(this.#deps.environment, epoch, wanted),
      eventsFrom: (range: EventsWanted) => this.#eventsFrom(epoch, range),
    };
    return { head, batches: withCompactedRanges(sources, wanted, head.offset, maxBytes) };
  }

  async compact(
    thread_id: string,
    epoch: string,
    ranges: readonly CompactedRange[],
  ): Promise<void> {
    if (this.#threads.peek(thread_id)?.record.epoch !== epoch) return;
    // Readers get the events instead.
    if (!this.#deps.gate.admits('event', 0)) return;
    await this.#threads.using(thread_id, async (thread) => {
      // No await before the commit is requested, so that a later erasure removes the ranges.
      const operations = ranges.flatMap((range) => {
        // mutant: a-compacted-range-has-the-tag-of-its-first-event
        const tag = this.#tagAt(thread, range.last);
        return tag === undefined ? [] : [writeCompactedRange(epoch, range, tag)];
      });
      if (operations.length > 0) await this.#deps.commits.write(() => operations);
    });
  }

  /** Consecutive batches, from the one that holds an offset: settled ones first, then the tail. */
  #eventsFrom(epoch: string, { from, to, maxBytes }: EventsWanted): readonly EventBatch[] {
    const tail = this.#unsettled.get(epoch);
    if (tail && from >= tail.first) return tail.from(from, maxBytes);
    const holder = batchAtOrBefore(this.#deps.environment, epoch, from);
    // Every offset up to the head has a batch. If it is missing, a damaged page hides it.
    if (!holder || holder.last < from) throw damaged(logKey(epoch, from), 'it is not there');
    if (holder.last >= to) return [holder];
    const rest = batchesFrom(this.#deps.environment, epoch, {
      from: holder.last + 1,
      to,
      maxBytes,
    });
    const settled = [holder, ...rest];
    const next = (rest.at(-1) ?? holder).last + 1;
    const left = maxBytes - rest.reduce((sum, { size }) => sum + size, holder.size);
    return tail && next === tail.first && left > 0
      ? [...settled, ...tail.from(next, left)]
      : settled;
  }

  async locate(thread_id: string, offset: number): Promise<Location> {
    const thread = await this.#threads.existing(thread_id);
    const tag = this.#tagAt(thread, offset);
    return { head: confirmedHead(thread), ...(tag !== undefined && { tag }) };
  }

  /** The tag of the batch that holds an offset; undefined if it is trimmed or past the head. */
  #tagAt(thread: ActiveThread, offset: number): string | undefined {
    const head = confirmedHead(thread);
    if (offset === head.base) return head.baseTag;
    if (offset === head.offset) return head.tag;
    if (offset < head.base || offset > head.offset) return undefined;
    const tail = this.#unsettled.get(head.epoch);
    const batch =
      tail && offset >= tail.first
        ? tail.holding(offset)
        : batchAtOrBefore(this.#deps.environment, head.epoch, offset);
    return batch && batch.last >= offset ? batch.tagAt(offset) : undefined;
  }

  async trim(thread_id: string, retention: Retention, maxBatches: number): Promise<TrimOutcome> {
    return this.#threads.using(
      thread_id,
      async (thread) => {
        const { confirmed } = thread;
        const { epoch } = confirmed.record;
        const newest = {
          last: confirmed.end.offset,
          cumulativeBytes: confirmed.end.cumulativeBytes,
        };
        const now = this.#deps.clock.wall();
        const operations: Operation[] = [];
        let trimmed = 0;
        for (const { batch, removal } of this.#oldestFirst(epoch)) {
          // A concurrent trim already covers it but is not flushed yet. The base never goes back.
          // mutant: a-trim-takes-the-base-back
          if (batch.last <= confirmed.record.base) continue;
          if (trimmed === maxBatches || !mayTrim(batch, newest, retention, now)) break;
          // Move the base before the batches go, so that readers see a gap and not a hole (I4).
          const base = { base: batch.last, baseTag: batch.tag, touchedAt: now };
          // mutant: the-base-moves-after-the-batches
          confirmed.record = { ...confirmed.record, ...base };
          if (thread.record.epoch === epoch) thread.record = { ...thread.record, ...base };
          operations.push(...removal);
          trimmed += 1;
        }
        if (trimmed > 0) {
          operations.push(...trimCompacted(this.#deps.environment, epoch, confirmed.record.base));
          this.#unsettled.drop(epoch, confirmed.record.base);
          await this.#deps.commits.write(() =>
            // If the thread was erased meanwhile, this commit holds the erasure, after the appends before it.
            thread.record.epoch === epoch
              ? [...operations, writeThread(thread_id, thread.record)]
              : operations,
          );
        }
        return { base: confirmed.record.base, more: trimmed === maxBatches };
      },
      'clean-up',
    );
  }

  /** The batches of a log, each with what removes it from the file. */
  *#oldestFirst(
    epoch: string,
  ): Generator<{ readonly batch: EventBatch; readonly removal: readonly Operation[] }> {
    const tail = this.#unsettled.get(epoch);
    const unsettled = tail?.first ?? Number.POSITIVE_INFINITY;
    for (const { key, value } of this.#deps.environment.range('logs', epochRange(epoch))) {
      // Being moved here from the journal, and not confirmed yet.
      if (offsetOfLogKey(key) >= unsettled) break;
      const { batch, messages } = decodeBatch(key, value);
      const removal: Operation[] = [{ table: 'logs', key, value: null }];
      for (const [id] of messages) {
        removal.push({ table: 'messages', key: messageKey(epoch, id), value: null });
      }
      yield { batch, removal };
    }
    // Batches that are only in the journal go when it is cleared. The next trim looks at those being moved.
    if (!tail || this.#settling.isMoving(epoch)) return;
    for (const { batch } of tail.batches) yield { batch, removal: [] };
  }

  async delete(thread_id: string): Promise<ThreadHead> {
    this.#deps.gate.requireCommits(thread_id);
    return this.#threads.using(
      thread_id,
      async (thread) => {
        const { epoch, entry } = thread.record;
        this.#settling.leave(epoch);
        // mutant: appends-overtake-an-erasure
        this.#appends.cut();
        const record = this.#threads.startOver(thread);
        const unlisted = placeWrites(thread_id, entry, undefined);
        // mutant: an-erased-thread-stays-in-the-list
        await this.#deps.commits.write(() => [
          ...unlisted,
          writeThread(thread_id, record),
          markForPurge(epoch),
        ]);
        thread.confirmed.record = record;
        thread.confirmed.end = beginning(record);
        this.#settling.forget(epoch);
        const head = confirmedHead(thread);
        this.#followers.notify(thread_id, head);
        this.#purge.start();
        return head;
      },
      'clean-up',
    );
  }

  async forget(thread_id: string): Promise<void> {
    const record = this.#threads.stored(thread_id);
    if (!record) return;
    this.#settling.leave(record.epoch);
    await this.#threads.remove(thread_id, [
      { table: 'threads', key: nameKey(thread_id), value: null },
      ...placeWrites(thread_id, record.entry, undefined),
      markForPurge(record.epoch),
    ]);
    this.#settling.forget(record.epoch);
    this.#purge.start();
  }

  async forgetIdle(thread_id: string, wall: number): Promise<boolean> {
    const record = this.#threads.stored(thread_id);
    if (!record || record.touchedAt >= wall || !this.#threads.isIdle(thread_id)) return false;
    if (this.#unsettled.get(record.epoch)) return false;
    if (newestBatch(this.#deps.environment, record.epoch)) return false;
    // No await in between: a caller from here on finds the thread gone, flushed or not.
    await this.forget(thread_id);
    return true;
  }

  takeChanged(limit: number): readonly string[] {
    return this.#changed.take(limit);
  }

  async threads(after: string, limit: number): Promise<readonly string[]> {
    const range = this.#deps.environment.range('threads', { start: nameKey(`${after}\0`), limit });
    return Array.from(range, (entry) => entry.key.toString('utf8'));
  }

  follow(thread_id: string, listener: HeadListener): () => void {
    const release = this.#threads.hold(thread_id);
    const unfollow = this.#followers.add(thread_id, listener);
    let following = true;
    return () => {
      if (!following) return;
      following = false;
      unfollow();
      release();
    };
  }

  /** Stops the background settling and purge. The next start continues them. */
  async close(): Promise<void> {
    await this.#settling.stop();
    await this.#purge.stop();
  }

  #rangeOf(epoch: string, message_id: string): OffsetRange | undefined {
    const recent = this.#unsettled.get(epoch)?.message(message_id);
    if (recent) return recent;
    const key = messageKey(epoch, message_id);
    const value = this.#deps.environment.get('messages', key);
    return value && decodeJson<OffsetRange>(key, value);
  }
}

/** UTF-16 units, which are bytes of most texts. */
const bytesOf = (events: readonly string[]): number =>
  events.reduce((sum, { length }) => sum + length, 0);

/** Lets a repeated message id find the append that is still being flushed (I8). */
async function whileInFlight(
  thread: ActiveThread,
  message_id: string,
  confirmed: Promise<OffsetRange>,
): Promise<void> {
  thread.messages ??= new Map();
  thread.messages.set(message_id, confirmed);
  try {
    await confirmed;
  } finally {
    const { messages } = thread;
    if (messages?.get(message_id) === confirmed) messages.delete(message_id);
    if (messages?.size === 0) thread.messages = undefined;
  }
}
