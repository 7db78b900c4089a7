/**
 * What the logs really hold: read from the disk as it is flushed, past the store. Each event knows the one
 * before it, so that a history can be held against the log that it claims to be of, whatever became of
 * that log since.
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
  /** As it was encoded: `["name",data]`. */
  readonly text: string;
  readonly previous: Logged | undefined;
  /** It has at some time been no part of its log: the tail was lost, or the thread erased. */
  lost: boolean;
}

/** One incarnation of a thread. */
export interface Log {
  readonly thread_id: string;
  readonly epoch: string;
  head: Logged | undefined;
  /** Events up to here are trimmed. */
  base: number;
  /** Up to here they have ever been, or were about to be. */
  trimmed: number;
  /** It has at some time not been the thread's log any more, or had its tail cut off. */
  lost: boolean;
  /** Who had the thread erased has been told that this is done. */
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

  /** The incarnation that bears a name, present or past. */
  logOf(epoch: string): Log | undefined {
    return this.#byEpoch.get(epoch);
  }

  /** What has ever been durable at a place; more than one after a log lost its tail and grew again. */
  at(epoch: string, offset: number): readonly Logged[] {
    return this.#byPlace.get(`${epoch}.${offset}`) ?? [];
  }

  /** Readers may be told from now on that events up to `base` are gone, whether that is on the disk yet or not. */
  trimming(thread_id: string, base: number): void {
    const log = this.#logs.get(thread_id);
    if (log) log.trimmed = Math.max(log.trimmed, base);
  }

  /** The thread was erased, and whoever wanted that knows: nothing of its former logs may be sent any more. */
  erased(thread_id: string): void {
    const present = this.#logs.get(thread_id);
    for (const log of this.#byEpoch.values()) {
      if (log.thread_id === thread_id && log !== present) log.erased = true;
    }
  }

  /** Every event that has ever been durable and was encoded like this. */
  find(text: string): readonly Logged[] {
    return this.#byText.get(text) ?? [];
  }

  /** The events of a log from the first one ever to its head. */
  history(log: Log): readonly Logged[] {
    const history: Logged[] = [];
    for (let event = log.head; event; event = event.previous) history.unshift(event);
    return history;
  }

  /**
   * Takes note of a commit that is flushed: all of it at once, whatever its order. What was appended to a log
   * that there was belongs before its end, what was appended to a new one after its beginning.
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

  /** What the logs hold now. Returns what makes that true again: what came since is lost. */
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

  /** @param onBegun called with the name of a log that begins */
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

  /** What was in the journal has moved: the same events, at the same places. */
  #onSettled(key: Buffer, value: Buffer): void {
    const { batch } = decodeBatch(key, value);
    const epoch = epochOfLogKey(key);
    for (let offset = batch.first; offset <= batch.last; offset += 1) {
      const text = batch.text(offset, offset);
      this.#checker.expect(this.#present(epoch, offset)?.text === text, 'I2', () => {
        return `offset ${offset} of ${epoch} is kept as it was not appended, or of a log that is gone: ${text}`;
      });
    }
  }

  /** Events may be read as one from now on: they must be there, and it must say the same. */
  #onCompactedRange(key: Buffer, value: Buffer): void {
    const { last, event } = decodeJson<{ readonly last: number; readonly event: string }>(
      key,
      value,
    );
    const [epoch, first] = [epochOfLogKey(key), offsetOfLogKey(key)];
    const log = this.#byEpoch.get(epoch);
    // Of a log that was erased meanwhile nobody reads it.
    if (!log || this.#logs.get(log.thread_id) !== log) return;
    const stands = this.compactedRanges.at(epoch, first, last, event).length > 0;
    this.#checker.expect(stands, 'I3', () => {
      return `${first} to ${last} of ${epoch} may be read as what they do not say: ${event}`;
    });
  }

  /** What stands at a place of a log that is its thread's now. */
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
