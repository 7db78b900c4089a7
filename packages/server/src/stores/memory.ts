/**
 * Keeps everything in the process's memory. For tests, demos and as the model that
 * the durable stores are held against. Its writes take effect at once and are confirmed a microtask
 * later.
 */

import { NO_TAG } from '@session-monitor/protocol';
import { mayTrim, type Retention } from '../core/retention.js';
import { elementAt } from '../util/assert.js';
import { type Clock, type Entropy, systemClock, systemEntropy } from '../util/clock.js';
import { FirstItems } from '../util/first-items.js';
import { ChangedLogs } from './changed-logs.js';
import { CompactedBatch } from './compacted-batch.js';
import { EventBatch, type EventsWanted } from './event-batch.js';
import { isExpectedSession } from './expected-session.js';
import { Followers } from './followers.js';
import { MemoryRuns } from './memory-runs.js';
import { MemoryThreads } from './memory-threads.js';
import type {
  AppendOptions,
  AppendOutcome,
  CompactedRange,
  HeadListener,
  Location,
  LogStore,
  ReadLimits,
  ReadOutcome,
  SessionCounts,
  SessionKey,
  SessionRecord,
  SessionStore,
  SessionVersion,
  Store,
  ThreadHead,
  TrimOutcome,
} from './store.js';
import { StoreObservers } from './store-observers.js';
import { EPOCH_BYTES, TAG_BYTES } from './tags.js';
import { withCompactedRanges } from './with-compacted-ranges.js';

interface Thread {
  readonly epoch: string;
  readonly previous?: ThreadHead['previous'];
  readonly batches: EventBatch[];
  readonly messages: Map<string, { readonly first: number; readonly last: number }>;
  /** In the order of their offsets. */
  compacted: readonly CompactedBatch[];
  base: number;
  baseTag: string;
  /** When the thread was created, or last lost events. */
  touchedAt: number;
}

/** Options of the memory store, for tests. */
export interface MemoryStoreOptions {
  readonly clock?: Pick<Clock, 'wall'>;
  readonly entropy?: Pick<Entropy, 'token'>;
}

export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  const { clock = systemClock, entropy = systemEntropy } = options;
  const runs = new MemoryRuns();
  const threads: MemoryThreads = new MemoryThreads({
    headOf: (thread_id) => logs.headNow(thread_id),
    running: () => runs.threads(),
    clock,
  });
  const observers = new StoreObservers();
  const logs = new MemoryLogs({ runs, list: threads, clock, entropy, observers });
  return {
    kind: 'memory',
    durable: false,
    logs,
    threads,
    sessions: new MemorySessions(),
    runs,
    onFailure: () => () => {},
    observe: (observer) => observers.add(observer),
    close: async () => {},
  };
}

interface MemoryLogsDeps {
  readonly runs: MemoryRuns;
  readonly list: MemoryThreads;
  readonly clock: Pick<Clock, 'wall'>;
  readonly entropy: Pick<Entropy, 'token'>;
  readonly observers: StoreObservers;
}

class MemoryLogs implements LogStore {
  readonly #threads = new Map<string, Thread>();
  readonly #followers = new Followers();
  readonly #changed = new ChangedLogs();
  readonly #runs: MemoryRuns;
  readonly #list: MemoryThreads;
  readonly #clock: Pick<Clock, 'wall'>;
  readonly #entropy: Pick<Entropy, 'token'>;
  readonly #observers: StoreObservers;

  constructor({ runs, list, clock, entropy, observers }: MemoryLogsDeps) {
    this.#runs = runs;
    this.#list = list;
    this.#clock = clock;
    this.#entropy = entropy;
    this.#observers = observers;
  }

  async open(thread_id: string): Promise<ThreadHead> {
    return headOf(this.#thread(thread_id));
  }

  async head(thread_id: string): Promise<ThreadHead | undefined> {
    return this.headNow(thread_id);
  }

  headNow(thread_id: string): ThreadHead | undefined {
    const thread = this.#threads.get(thread_id);
    return thread && headOf(thread);
  }

  async append(
    thread_id: string,
    events: readonly string[],
    { message_id, fence, touch, mark }: AppendOptions = {},
  ): Promise<AppendOutcome> {
    const thread = this.#thread(thread_id);
    const known = message_id === undefined ? undefined : thread.messages.get(message_id);
    if (known) return { outcome: 'duplicate', epoch: thread.epoch, ...known };
    if (fence && !this.#runs.admits(fence)) return { outcome: 'fenced' };
    if (fence?.start) void this.#runs.start(fence.start);

    const newest = thread.batches.at(-1);
    const batch = EventBatch.of(events, {
      first: headOf(thread).offset + 1,
      tag: this.#entropy.token(TAG_BYTES),
      at: this.#clock.wall(),
      precedingBytes: newest?.cumulativeBytes ?? 0,
    });
    thread.batches.push(batch);
    const range = { first: batch.first, last: batch.last };
    if (message_id !== undefined) thread.messages.set(message_id, range);
    if (fence?.finish) this.#runs.finish(fence.run_id, fence.finish, this.#clock.wall());
    if (touch) this.#list.touch(thread_id, touch);
    this.#changed.add(thread_id);
    this.#observers.appended(batch.count, batch.size);
    const marks = mark === undefined ? undefined : [{ offset: range.last, mark }];
    this.#followers.notify(thread_id, headOf(thread), batch, false, marks);
    return { outcome: 'appended', epoch: thread.epoch, ...range };
  }

  async read(
    thread_id: string,
    after: number,
    { maxBytes, compacted }: ReadLimits,
  ): Promise<ReadOutcome> {
    const thread = this.#thread(thread_id);
    const head = headOf(thread);
    const from = Math.max(after, head.base) + 1;
    if (!compacted)
      return { head, batches: eventsFrom(thread, { from, to: head.offset, maxBytes }) };
    const sources = {
      compacted: thread.compacted.filter(({ first }) => first >= from),
      eventsFrom: (wanted: EventsWanted) => eventsFrom(thread, wanted),
    };
    return { head, batches: withCompactedRanges(sources, from, head.offset, maxBytes) };
  }

  async compact(
    thread_id: string,
    epoch: string,
    ranges: readonly CompactedRange[],
  ): Promise<void> {
    const thread = this.#threads.get(thread_id);
    if (thread?.epoch !== epoch) return;
    const added = ranges.flatMap((range) => {
      const batch = thread.batches[indexAfter(thread, range.last - 1)];
      return batch ? [new CompactedBatch(range, batch.tag)] : [];
    });
    thread.compacted = [...thread.compacted, ...added].sort((a, b) => a.first - b.first);
  }

  async locate(thread_id: string, offset: number): Promise<Location> {
    const thread = this.#thread(thread_id);
    const head = headOf(thread);
    if (offset === thread.base) return { head, tag: thread.baseTag };
    if (offset < thread.base || offset > head.offset) return { head };
    const batch = thread.batches[indexAfter(thread, offset - 1)];
    return { head, ...(batch && { tag: batch.tag }) };
  }

  async trim(thread_id: string, retention: Retention, maxBatches: number): Promise<TrimOutcome> {
    const thread = this.#thread(thread_id);
    const newest = thread.batches.at(-1);
    const now = this.#clock.wall();
    let trimmed = 0;
    for (const batch of thread.batches) {
      if (trimmed === maxBatches || !newest || !mayTrim(batch, newest, retention, now)) break;
      thread.base = batch.last;
      thread.baseTag = batch.tag;
      thread.touchedAt = now;
      trimmed += 1;
    }
    thread.batches.splice(0, trimmed);
    thread.compacted = thread.compacted.filter(({ first }) => first > thread.base);
    for (const [id, range] of thread.messages) {
      if (range.last <= thread.base) thread.messages.delete(id);
    }
    return { base: thread.base, more: trimmed === maxBatches };
  }

  async delete(thread_id: string): Promise<ThreadHead> {
    const { epoch } = this.#thread(thread_id);
    const thread = this.#create(thread_id, { epoch, reason: 'deleted', at: this.#clock.wall() });
    this.#list.remove(thread_id);
    this.#followers.notify(thread_id, headOf(thread));
    return headOf(thread);
  }

  async forget(thread_id: string): Promise<void> {
    this.#threads.delete(thread_id);
    this.#list.remove(thread_id);
  }

  async forgetIdle(thread_id: string, wall: number): Promise<boolean> {
    const thread = this.#threads.get(thread_id);
    if (!thread || thread.batches.length > 0 || thread.touchedAt >= wall) return false;
    if (this.#followers.has(thread_id)) return false;
    await this.forget(thread_id);
    return true;
  }

  takeChanged(limit: number): readonly string[] {
    return this.#changed.take(limit);
  }

  async threads(after: string, limit: number): Promise<readonly string[]> {
    return [...this.#threads.keys()]
      .filter((id) => id > after)
      .sort()
      .slice(0, limit);
  }

  follow(thread_id: string, listener: HeadListener): () => void {
    return this.#followers.add(thread_id, listener);
  }

  #thread(thread_id: string): Thread {
    const existing = this.#threads.get(thread_id);
    if (existing) return existing;
    const thread = this.#create(thread_id);
    this.#followers.notify(thread_id, headOf(thread));
    return thread;
  }

  #create(thread_id: string, previous?: ThreadHead['previous']): Thread {
    const thread: Thread = {
      epoch: this.#entropy.token(EPOCH_BYTES),
      ...(previous && { previous }),
      batches: [],
      messages: new Map(),
      compacted: [],
      base: 0,
      baseTag: NO_TAG,
      touchedAt: this.#clock.wall(),
    };
    this.#threads.set(thread_id, thread);
    return thread;
  }
}

function headOf(thread: Thread): ThreadHead {
  const newest = thread.batches.at(-1);
  return {
    epoch: thread.epoch,
    offset: newest?.last ?? thread.base,
    tag: newest?.tag ?? thread.baseTag,
    base: thread.base,
    baseTag: thread.baseTag,
    ...(thread.previous && { previous: thread.previous }),
  };
}

/** Consecutive batches, from the one that holds an offset or the first one kept. */
function eventsFrom(thread: Thread, { from, to, maxBytes }: EventsWanted): readonly EventBatch[] {
  const batches: EventBatch[] = [];
  let bytes = 0;
  for (let index = indexAfter(thread, from - 1); index < thread.batches.length; index += 1) {
    const batch = thread.batches[index];
    if (!batch || batch.first > to) break;
    if (batches.length > 0 && bytes + batch.size > maxBytes) break;
    bytes += batch.size;
    batches.push(batch);
  }
  return batches;
}

/** The index of the first batch that ends after `offset`: a binary search. */
function indexAfter(thread: Thread, offset: number): number {
  let low = 0;
  let high = thread.batches.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (elementAt(thread.batches, middle).last > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}

class MemorySessions implements SessionStore {
  readonly #records = new Map<string, SessionRecord>();

  async get(session_id: string): Promise<SessionRecord | undefined> {
    return this.#records.get(session_id);
  }

  async put(record: SessionRecord, expected: SessionVersion | undefined): Promise<boolean> {
    if (!isExpectedSession(this.#records.get(record.session_id), expected)) return false;
    this.#records.set(record.session_id, record);
    return true;
  }

  async remove(record: SessionKey): Promise<boolean> {
    const stored = this.#records.get(record.session_id);
    if (!isExpectedSession(stored, record)) return false;
    return this.#records.delete(record.session_id);
  }

  async due(wall: number, limit: number): Promise<readonly SessionRecord[]> {
    return [...this.#records.values()]
      .filter((record) => record.due_at !== null && record.due_at <= wall)
      .sort((a, b) => (a.due_at ?? 0) - (b.due_at ?? 0))
      .slice(0, limit);
  }

  async list(after: string, limit: number): Promise<readonly SessionRecord[]> {
    return page(this.#records.values(), after, limit);
  }

  async ofThread(
    thread_id: string,
    after: string,
    limit: number,
  ): Promise<readonly SessionRecord[]> {
    const ofThread = [...this.#records.values()].filter((each) => each.thread_id === thread_id);
    return page(ofThread, after, limit);
  }

  async counts(): Promise<SessionCounts> {
    const counts = { connected: 0, disconnected: 0, expired: 0 };
    for (const { state } of this.#records.values()) counts[state] += 1;
    return counts;
  }
}

function page(
  records: Iterable<SessionRecord>,
  after: string,
  limit: number,
): readonly SessionRecord[] {
  const first = new FirstItems<SessionRecord>(limit, (one, other) =>
    one.session_id < other.session_id ? -1 : 1,
  );
  for (const record of records) if (record.session_id > after) first.add(record);
  return first.items;
}
