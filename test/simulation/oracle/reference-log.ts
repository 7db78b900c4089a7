/**
 * The true contents of the logs, read from the flushed disk, past the store. Each event knows the one before it,
 * so that a history can be compared with the log that it claims to be of, whatever happened to that log since.
 */

import type { EventBatch } from '../../../packages/server/src/stores/event-batch.js';
import type { Operation } from '../../../packages/server/src/stores/lmdb/environment.js';
import {
  decodeJournal,
  type JournalEntry,
} from '../../../packages/server/src/stores/lmdb/journal.js';
import { epochOfLogKey, offsetOfLogKey } from '../../../packages/server/src/stores/lmdb/keys.js';
import { decodeBatch, decodeJson } from '../../../packages/server/src/stores/lmdb/record.js';
import type { ThreadRecord } from '../../../packages/server/src/stores/lmdb/thread-record.js';
import type { Checker } from './checker.js';
import { CompactedRanges } from './compacted-ranges.js';

/** One event that was durable at some time. */
export interface Logged {
  readonly log: Log;
  readonly offset: number;
  /** Its encoding: `["name",data]`. */
  readonly text: string;
  readonly previous: Logged | undefined;
  /** Whether it was ever not part of its log: the tail was lost, or the thread erased. */
  lost: boolean;
}

/** One incarnation of a thread. */
export interface Log {
  readonly thread_id: string;
  readonly epoch: string;
  head: Logged | undefined;
  /** Events up to here are trimmed. */
  base: number;
  /** Events up to here were trimmed at some time, or were about to be. */
  trimmed: number;
  /** Whether it was ever not the thread's log, or lost its tail. */
  lost: boolean;
  /** Whether the erasure of the thread was confirmed. */
  erased: boolean;
}

export class ReferenceLog {
  readonly #checker: Checker;
  /** The present log of each thread. */
  #logs = new Map<string, Log>();
  readonly #byPlace = new Map<string, Logged[]>();
  readonly #byEpoch = new Map<string, Log>();
  readonly #byText = new Map<string, Logged[]>();
  readonly compactedRanges = new CompactedRanges((event) =>
    this.at(event.log.epoch, event.offset + 1).find(({ previous }) => previous === event),
  );

  constructor(checker: Checker) {
    this.#checker = checker;
  }

  log(thread_id: string): Log | undefined {
    return this.#logs.get(thread_id);
  }

  logs(): Iterable<Log> {
    return this.#logs.values();
  }

  /** The log of an epoch, present or past. */
  logOf(epoch: string): Log | undefined {
    return this.#byEpoch.get(epoch);
  }

  /** The events ever durable at a place; more than one after a log lost its tail and grew again. */
  at(epoch: string, offset: number): readonly Logged[] {
    return this.#byPlace.get(`${epoch}.${offset}`) ?? [];
  }

  /** From now on a gap may cover events up to `base`, whether the trim is on the disk yet or not. */
  trimming(thread_id: string, base: number): void {
    const log = this.#logs.get(thread_id);
    if (log) log.trimmed = Math.max(log.trimmed, base);
  }

  /** The erasure is confirmed: the server must not send anything of the thread's former logs any more. */
  erased(thread_id: string): void {
    const present = this.#logs.get(thread_id);
    for (const log of this.#byEpoch.values()) {
      if (log.thread_id === thread_id && log !== present) log.erased = true;
    }
  }

  /** Every event with this encoding that has ever been durable. */
  find(text: string): readonly Logged[] {
    return this.#byText.get(text) ?? [];
  }

  /** All events of a log from its first one to its head, trimmed ones included. */
  history(log: Log): readonly Logged[] {
    const history: Logged[] = [];
    for (let event = log.head; event; event = event.previous) history.unshift(event);
    return history;
  }

  /**
   * Reads a flushed commit as a whole, whatever its order. Appends to an existing log belong before its end,
   * appends to a new log after its beginning.
   */
  flushed(operations: readonly Operation[]): void {
    const appended = new Map<string, JournalEntry[]>();
    for (const { table, key, value } of operations) {
      if (table !== 'journal' || !value) continue;
      for (const entry of decodeJournal(key, value)) add(appended, epochOfLogKey(entry.key), entry);
    }
    const append = (epoch: string) => {
      for (const { key, batch } of appended.get(epoch) ?? []) this.#onAppended(key, batch);
      appended.delete(epoch);
    };
    for (const epoch of appended.keys()) if (this.#byEpoch.has(epoch)) append(epoch);
    for (const { table, key, value } of operations) {
      if (table === 'threads') this.#onThread(key, value, append);
      if (table === 'logs' && value) this.#onSettled(key, value);
      if (table === 'spans' && value) this.#onCompactedRange(key, value);
    }
    for (const epoch of appended.keys()) {
      this.#checker.violate('I2', `a batch of the unknown epoch ${epoch} was written`);
    }
  }

  /** Saves the state of the logs. Returns the function that restores it: later events are lost. */
  backup(): () => void {
    const logs = [...this.#logs.values()].map((log) => ({ log, head: log.head, base: log.base }));
    return () => {
      const kept = new Set(logs.map(({ log }) => log));
      for (const log of this.#logs.values()) if (!kept.has(log)) this.#lose(log);
      this.#logs = new Map();
      for (const { log, head, base } of logs) {
        this.#cutBack(log, head);
        log.base = base;
        log.erased = false;
        this.#logs.set(log.thread_id, log);
      }
    };
  }

  /** @param onBegun called with the epoch of a log that begins */
  #onThread(key: Buffer, value: Buffer | null, onBegun: (epoch: string) => void): void {
    const thread_id = key.toString('utf8');
    const former = this.#logs.get(thread_id);
    if (!value) {
      if (former) this.#lose(former);
      this.#logs.delete(thread_id);
      return;
    }
    const { epoch, base } = decodeJson<ThreadRecord>(key, value);
    if (former?.epoch === epoch) {
      former.base = Math.max(former.base, base);
      former.trimmed = Math.max(former.trimmed, base);
      return;
    }
    this.#checker.expect(!this.#byEpoch.has(epoch), 'I2', () => `epoch ${epoch} is minted twice`);
    if (former) this.#lose(former);
    const log: Log = {
      thread_id,
      epoch,
      head: undefined,
      base,
      trimmed: base,
      lost: false,
      erased: false,
    };
    this.#logs.set(thread_id, log);
    this.#byEpoch.set(epoch, log);
    onBegun(epoch);
  }

  /** A batch of the journal has moved to its log: it must be the same events at the same places. */
  #onSettled(key: Buffer, value: Buffer): void {
    const { batch } = decodeBatch(key, value);
    const epoch = epochOfLogKey(key);
    for (let offset = batch.first; offset <= batch.last; offset += 1) {
      const text = batch.text(offset, offset);
      this.#checker.expect(this.#present(epoch, offset)?.text === text, 'I2', () => {
        return `offset ${offset} of ${epoch} differs from the appended event, or is of a log that is gone: ${text}`;
      });
    }
  }

  /** A compacted range was written: its events must be in the log, and its event must represent them. */
  #onCompactedRange(key: Buffer, value: Buffer): void {
    const { last, event } = decodeJson<{ readonly last: number; readonly event: string }>(
      key,
      value,
    );
    const [epoch, first] = [epochOfLogKey(key), offsetOfLogKey(key)];
    const log = this.#byEpoch.get(epoch);
    // No reader gets a compacted range of a log that was erased meanwhile.
    if (!log || this.#logs.get(log.thread_id) !== log) return;
    const stands = this.compactedRanges.at(epoch, first, last, event).length > 0;
    this.#checker.expect(stands, 'I3', () => {
      return `${first} to ${last} of ${epoch} have a compacted event that differs from them: ${event}`;
    });
  }

  /** The event at a place, if the log is its thread's present one. */
  #present(epoch: string, offset: number): Logged | undefined {
    const log = this.#byEpoch.get(epoch);
    if (!log || this.#logs.get(log.thread_id) !== log) return undefined;
    let event = log.head;
    while (event && event.offset > offset) event = event.previous;
    return event?.offset === offset ? event : undefined;
  }

  #onAppended(key: Buffer, batch: EventBatch): void {
    const epoch = epochOfLogKey(key);
    const log = this.#byEpoch.get(epoch);
    if (!log) return;
    this.#checker.expect(this.#logs.get(log.thread_id) === log, 'I1', () => {
      return `${batch.first} to ${batch.last} were written to a log of ${log.thread_id} that is gone`;
    });
    for (let offset = batch.first; offset <= batch.last; offset += 1) {
      const due = (log.head?.offset ?? log.base) + 1;
      this.#checker.expect(offset === due, 'I2', () => {
        return `offset ${offset} was written to ${log.thread_id} where ${due} was due`;
      });
      const text = batch.text(offset, offset);
      const event: Logged = { log, offset, text, previous: log.head, lost: false };
      log.head = event;
      add(this.#byPlace, `${epoch}.${offset}`, event);
      add(this.#byText, text, event);
      this.compactedRanges.add(event);
    }
  }

  #lose(log: Log): void {
    log.lost = true;
    for (let event = log.head; event && !event.lost; event = event.previous) event.lost = true;
  }

  /** Everything after `head` is lost. */
  #cutBack(log: Log, head: Logged | undefined): void {
    if (log.head !== head) log.lost = true;
    for (let event = log.head; event && event !== head; event = event.previous) event.lost = true;
    log.head = head;
  }
}

function add<T>(index: Map<string, T[]>, key: string, value: T): void {
  const values = index.get(key);
  if (values) values.push(value);
  else index.set(key, [value]);
}
