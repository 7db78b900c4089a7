/** Watches durable operations of the embedded store: feeds the reference of the logs, and watches the sessions. */

import type { EventBatch } from '../../../packages/server/src/stores/event-batch.js';
import type { Operation } from '../../../packages/server/src/stores/lmdb/environment.js';
import {
  decodeJournal,
  type JournalEntry,
} from '../../../packages/server/src/stores/lmdb/journal.js';
import { epochOfLogKey, offsetOfLogKey } from '../../../packages/server/src/stores/lmdb/keys.js';
import { decodeBatch, decodeJson } from '../../../packages/server/src/stores/lmdb/record.js';
import type { ThreadRecord } from '../../../packages/server/src/stores/lmdb/thread-record.js';
import type { SessionRecord } from '../../../packages/server/src/stores/store.js';
import type { DiskWatch } from '../disk/disk.js';
import type { Checker } from './checker.js';
import { add, type ReferenceLog } from './reference-log.js';
import type { SessionWatch } from './session-watch.js';

export class StoreWatch implements DiskWatch {
  readonly #reference: ReferenceLog;
  readonly #checker: Checker;
  readonly #sessions: SessionWatch;

  constructor(reference: ReferenceLog, checker: Checker, sessions: SessionWatch) {
    this.#reference = reference;
    this.#checker = checker;
    this.#sessions = sessions;
  }

  /**
   * Reads a flushed commit as a whole, whatever its order. Appends to an existing log belong before its end,
   * appends to a new log after its beginning.
   */
  flushed(operations: readonly Operation[]): void {
    const reference = this.#reference;
    const appended = new Map<string, JournalEntry[]>();
    for (const { table, key, value } of operations) {
      if (table !== 'journal' || !value) continue;
      for (const entry of decodeJournal(key, value)) add(appended, epochOfLogKey(entry.key), entry);
    }
    const append = (epoch: string) => {
      for (const { batch } of appended.get(epoch) ?? []) {
        reference.appended(epoch, batch.first, eventsOf(batch));
      }
      appended.delete(epoch);
    };
    for (const epoch of appended.keys()) if (reference.knows(epoch)) append(epoch);
    for (const { table, key, value } of operations) {
      if (table === 'threads') this.#onThread(key, value, append);
      if (table === 'logs' && value) {
        const { batch } = decodeBatch(key, value);
        reference.expectKept(epochOfLogKey(key), batch.first, eventsOf(batch));
      }
      if (table === 'spans' && value) {
        const { last, event } = decodeJson<{ last: number; event: string }>(key, value);
        reference.compacted(epochOfLogKey(key), offsetOfLogKey(key), last, event);
      }
    }
    for (const epoch of appended.keys()) {
      this.#checker.violate('I2', `a batch of the unknown epoch ${epoch} was written`);
    }
    for (const { table, key, value } of operations) {
      if (table !== 'sessions') continue;
      const record = value ? decodeJson<SessionRecord>(key, value) : undefined;
      this.#sessions.written(key.toString('utf8'), record);
    }
  }

  /** @param onBegun called with the epoch of a log that begins */
  #onThread(key: Buffer, value: Buffer | null, onBegun: (epoch: string) => void): void {
    const thread_id = key.toString('utf8');
    if (!value) {
      this.#reference.removed(thread_id);
      return;
    }
    const { epoch, base } = decodeJson<ThreadRecord>(key, value);
    const isNew = !this.#reference.knows(epoch);
    this.#reference.begun(thread_id, epoch, base);
    if (isNew) onBegun(epoch);
  }
}

const eventsOf = (batch: EventBatch): readonly string[] =>
  Array.from({ length: batch.last - batch.first + 1 }, (_, index) =>
    batch.text(batch.first + index, batch.first + index),
  );
