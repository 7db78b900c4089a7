/**
 * Appends on their way to the disk. Appends that arrive during a flush are gathered by thread. They are written
 * together as one part of the journal and confirmed together, with one promise for all.
 */

import type { Clock, Entropy } from '../../util/clock.js';
import type { ChangedLogs } from '../changed-logs.js';
import { EventBatch } from '../event-batch.js';
import type { Followers } from '../followers.js';
import type { StoreObservers } from '../store-observers.js';
import { TAG_BYTES } from '../tags.js';
import { type ActiveThreads, confirmedHead, type OpenBatch } from './active-threads.js';
import type { Operation } from './environment.js';
import type { GroupCommit } from './group-commit.js';
import { encodeJournal, type JournalEntry } from './journal.js';
import { journalKey, logKey } from './keys.js';
import type { StoredBatch } from './record.js';
import { RECORD_BYTES, RECORD_EVENTS } from './settling.js';
import { endAt } from './thread-record.js';
import type { Unsettled } from './unsettled.js';

export interface AppendsDeps {
  readonly commits: GroupCommit;
  readonly threads: ActiveThreads;
  readonly unsettled: Unsettled;
  readonly followers: Followers;
  readonly observers: StoreObservers;
  /** Gets each log that has a confirmed batch more. */
  readonly changed: ChangedLogs;
  readonly clock: Pick<Clock, 'wall'>;
  readonly entropy: Pick<Entropy, 'token'>;
  /** The number of the newest part of the journal. */
  readonly sequence: number;
  /** Called after each confirmed part of the journal. */
  readonly onConfirmed: () => void;
}

/** The batches of one commit. */
interface Gathering {
  readonly batches: OpenBatch[];
  /** Resolves when all batches are flushed and the followers are notified. */
  readonly confirmed: Promise<void>;
}

/** A batch that is being flushed. */
interface Closed extends StoredBatch {
  readonly open: OpenBatch;
}

export class Appends {
  readonly #deps: AppendsDeps;
  #gathering: Gathering | undefined;
  #sequence: number;
  #confirmed: number;

  constructor(deps: AppendsDeps) {
    this.#deps = deps;
    this.#sequence = deps.sequence;
    this.#confirmed = deps.sequence;
  }

  /** The number of the newest part of the journal that is confirmed. */
  get confirmed(): number {
    return this.#confirmed;
  }

  /** Assigns offsets to events. The promise of the returned batch resolves when they are durable. */
  add(thread_id: string, events: readonly string[], mark?: string): OpenBatch {
    const active = this.#deps.threads.get(thread_id);
    const open = active?.open;
    const batch = open && !isFull(open) ? open : this.#open(thread_id);
    for (const event of events) {
      batch.events.push(event);
      batch.size += event.length;
    }
    batch.thread.assigned.offset += events.length;
    if (mark !== undefined) {
      batch.marks ??= [];
      batch.marks.push({ offset: batch.thread.assigned.offset, mark });
    }
    return batch;
  }

  /** Later appends are written and confirmed after every write that is requested in between. */
  cut(): void {
    this.#gathering = undefined;
  }

  /** Opens a batch and keeps the thread in memory until the batch is confirmed. */
  #open(thread_id: string): OpenBatch {
    const thread = this.#deps.threads.acquire(thread_id);
    const gathering = this.#gathering ?? this.#gather();
    const { epoch } = thread.record;
    const first = thread.assigned.offset + 1;
    const { confirmed } = gathering;
    const nothing = { events: [], messages: [], marks: undefined, size: 0 };
    const open: OpenBatch = { thread_id, thread, epoch, first, confirmed, ...nothing };
    thread.open = open;
    gathering.batches.push(open);
    return open;
  }

  #gather(): Gathering {
    const batches: OpenBatch[] = [];
    let closed: readonly Closed[] = [];
    let sequence = 0;
    const confirmed = this.#deps.commits
      .write(() => {
        // The group is closed: later appends go into the next commit.
        if (this.#gathering === gathering) this.#gathering = undefined;
        closed = batches.map((open) => this.#close(open));
        this.#sequence += 1;
        sequence = this.#sequence;
        // mutant: readers-see-what-is-not-confirmed
        return [journalWrite(sequence, closed)];
      })
      .then(() => this.#confirm(closed, sequence))
      .finally(() => {
        for (const { thread_id, thread } of batches) this.#deps.threads.release(thread_id, thread);
      });
    const gathering: Gathering = { batches, confirmed };
    this.#gathering = gathering;
    return gathering;
  }

  #close(open: OpenBatch): Closed {
    const { thread, epoch, events, messages, first } = open;
    if (thread.open === open) thread.open = undefined;
    const current = thread.record.epoch === epoch;
    const batch = EventBatch.of(events, {
      first,
      tag: this.#deps.entropy.token(TAG_BYTES),
      at: this.#deps.clock.wall(),
      precedingBytes: current ? thread.assigned.cumulativeBytes : 0,
    });
    if (current) thread.assigned.cumulativeBytes = batch.cumulativeBytes;
    return { open, batch, messages };
  }

  #confirm(closed: readonly Closed[], sequence: number): void {
    const { unsettled, followers, observers, changed, onConfirmed } = this.#deps;
    this.#confirmed = sequence;
    for (const { open, batch, messages } of closed) {
      const { thread, thread_id, epoch } = open;
      observers.appended(batch.count, batch.size);
      // If the thread was erased meanwhile, its new incarnation has another end.
      if (thread.confirmed.record.epoch !== epoch) continue;
      unsettled.add(epoch, { batch, messages });
      thread.confirmed.end = endAt(batch);
      changed.add(thread_id);
      followers.notify(thread_id, confirmedHead(thread), batch, false, open.marks);
    }
    onConfirmed();
  }
}

/** Splits a burst into batches of about a frame's size, because a batch is verified and cut as a whole. */
const isFull = ({ size, events }: OpenBatch): boolean =>
  size >= RECORD_BYTES || events.length >= RECORD_EVENTS;

function journalWrite(sequence: number, closed: readonly Closed[]): Operation {
  const entries = closed.map(({ open: { thread_id, epoch }, batch, messages }): JournalEntry => {
    return { thread_id, key: logKey(epoch, batch.first), batch, messages };
  });
  const key = journalKey(sequence);
  return { table: 'journal', key, value: encodeJournal(key, entries) };
}
