/**
 * Appends on their way to the disk. What comes while a flush is under way is gathered by thread, leaves
 * together as one part of the journal, and is confirmed together: one promise for all of it.
 */

import type { Clock, Entropy } from '../../util/clock.js';
import { EventBatch } from '../event-batch.js';
import type { Followers } from '../followers.js';
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
  readonly clock: Pick<Clock, 'wall'>;
  readonly entropy: Pick<Entropy, 'token'>;
  /** The number of the newest part of the journal. */
  readonly sequence: number;
  /** Called when something has been confirmed. */
  readonly onConfirmed: () => void;
}

/** What one commit takes along. */
interface Gathering {
  readonly batches: OpenBatch[];
  /** Resolves when all of it is flushed, and readers have been told. */
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

  /** Gives events their offsets. The batch that takes them along says when they are durable. */
  add(thread_id: string, events: readonly string[]): OpenBatch {
    const active = this.#deps.threads.get(thread_id);
    const open = active?.open;
    const batch = open && !isFull(open) ? open : this.#open(thread_id);
    for (const event of events) {
      batch.events.push(event);
      batch.size += event.length;
    }
    batch.thread.assigned.offset += events.length;
    return batch;
  }

  /** What is appended from here on is written, and confirmed, after whatever is asked for meanwhile. */
  cut(): void {
    this.#gathering = undefined;
  }

  /** Opens a batch; the thread is held in memory until it is confirmed. */
  #open(thread_id: string): OpenBatch {
    const thread = this.#deps.threads.acquire(thread_id);
    const gathering = this.#gathering ?? this.#gather();
    const { epoch } = thread.record;
    const first = thread.assigned.offset + 1;
    const { confirmed } = gathering;
    const open = { thread_id, thread, epoch, first, events: [], messages: [], size: 0, confirmed };
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
        // Closed now: what is appended from here on goes with the next commit.
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
    const { unsettled, followers, onConfirmed } = this.#deps;
    this.#confirmed = sequence;
    for (const { open, batch, messages } of closed) {
      const { thread, thread_id, epoch } = open;
      // The thread may have been erased meanwhile: its new incarnation has another end.
      if (thread.confirmed.record.epoch !== epoch) continue;
      unsettled.add(epoch, { batch, messages });
      thread.confirmed.end = endAt(batch);
      followers.notify(thread_id, confirmedHead(thread), batch);
    }
    onConfirmed();
  }
}

/** A burst is split into batches of about a frame's size: each is checked and cut as a whole. */
const isFull = ({ size, events }: OpenBatch): boolean =>
  size >= RECORD_BYTES || events.length >= RECORD_EVENTS;

function journalWrite(sequence: number, closed: readonly Closed[]): Operation {
  const entries = closed.map(({ open: { thread_id, epoch }, batch, messages }): JournalEntry => {
    return { thread_id, key: logKey(epoch, batch.first), batch, messages };
  });
  const key = journalKey(sequence);
  return { table: 'journal', key, value: encodeJournal(key, entries) };
}
