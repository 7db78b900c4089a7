/**
 * The true contents of the logs, read past the store from where the data are (`store-watch.ts`, `redis-watch.ts`). Each
 * event knows the one before it, so that a history can be compared with the log that it claims to be of, whatever
 * happened to that log since.
 */

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
  /** The process that has confirmed the erasure of the thread. Others learn of it a moment later. */
  erasedBy: string | undefined;
}

/** What is left of a thread's log after its data were put back. */
export interface LeftLog {
  readonly thread_id: string;
  readonly epoch: string;
  readonly last: number;
  readonly base: number;
}

export class ReferenceLog {
  readonly #checker: Checker;
  /** The present log of each thread. */
  #logs = new Map<string, Log>();
  readonly #byPlace = new Map<string, Logged[]>();
  readonly #byEpoch = new Map<string, Log>();
  readonly #byText = new Map<string, Logged[]>();
  readonly compactedRanges = new CompactedRanges((event) =>
    this.at(event.log.epoch, event.offset + 1).filter(({ previous }) => previous === event),
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

  /** The logs that a thread has had so far. */
  logsOf(thread_id: string): readonly Log[] {
    return [...this.#byEpoch.values()].filter((log) => log.thread_id === thread_id);
  }

  /**
   * A node has confirmed an erasure: it must not send anything of the logs that were there when it was asked. A later log
   * may have been erased by another node, and the word of that not have come.
   */
  erased(logs: readonly Log[], node: string): void {
    for (const log of logs) if (log !== this.#logs.get(log.thread_id)) log.erasedBy = node;
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
        log.erasedBy = undefined;
        this.#logs.set(log.thread_id, log);
      }
    };
  }

  /** Whether a log of this epoch has ever begun. */
  knows(epoch: string): boolean {
    return this.#byEpoch.has(epoch);
  }

  /** A thread's log begins, or its base is known to have moved. */
  begun(thread_id: string, epoch: string, base: number): void {
    const former = this.#logs.get(thread_id);
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
      erasedBy: undefined,
    };
    this.#logs.set(thread_id, log);
    this.#byEpoch.set(epoch, log);
  }

  /** A thread's log is removed. */
  removed(thread_id: string): void {
    const former = this.#logs.get(thread_id);
    if (former) this.#lose(former);
    this.#logs.delete(thread_id);
  }

  /** Events that are in the log must be those that were appended there. */
  expectKept(epoch: string, first: number, events: readonly string[]): void {
    events.forEach((text, index) => {
      const offset = first + index;
      this.#checker.expect(this.#present(epoch, offset)?.text === text, 'I2', () => {
        return `offset ${offset} of ${epoch} differs from the appended event, or is of a log that is gone: ${text}`;
      });
    });
  }

  /** A compacted range was written: its events must be in the log, and its event must represent them. */
  compacted(epoch: string, first: number, last: number, event: string): void {
    const log = this.#byEpoch.get(epoch);
    // No reader gets a compacted range of a log that was erased meanwhile.
    if (!log || this.#logs.get(log.thread_id) !== log) return;
    const stands = this.compactedRanges.at(epoch, first, last, event).length > 0;
    this.#checker.expect(stands, 'I3', () => {
      return `${first} to ${last} of ${epoch} have a compacted event that differs from them: ${event}`;
    });
  }

  /** Events have become durable. */
  appended(epoch: string, first: number, events: readonly string[]): void {
    const log = this.#byEpoch.get(epoch);
    if (!log) return;
    const last = first + events.length - 1;
    this.#checker.expect(this.#logs.get(log.thread_id) === log, 'I1', () => {
      return `${first} to ${last} were written to a log of ${log.thread_id} that is gone`;
    });
    events.forEach((text, index) => {
      const offset = first + index;
      const due = (log.head?.offset ?? log.base) + 1;
      this.#checker.expect(offset === due, 'I2', () => {
        return `offset ${offset} was written to ${log.thread_id} where ${due} was due`;
      });
      const event: Logged = { log, offset, text, previous: log.head, lost: false };
      log.head = event;
      add(this.#byPlace, `${epoch}.${offset}`, event);
      add(this.#byText, text, event);
      this.compactedRanges.add(event);
    });
  }

  /** The data were put back: of each thread only this is left. */
  putBack(left: readonly LeftLog[]): void {
    const kept = new Set(left.map(({ epoch }) => epoch));
    for (const log of this.#logs.values()) if (!kept.has(log.epoch)) this.#lose(log);
    this.#logs = new Map();
    for (const each of left) this.#putBackLog(each);
  }

  /** A log that was lost begins again under its epoch: what is appended now has other tags. */
  reborn(thread_id: string, epoch: string, base: number): void {
    const former = this.#logs.get(thread_id);
    if (former) this.#lose(former);
    this.#putBackLog({ thread_id, epoch, base, last: base });
  }

  #putBackLog({ thread_id, epoch, last, base }: LeftLog): void {
    const log = this.#byEpoch.get(epoch);
    if (!log) return;
    let head = log.head;
    while (head && head.offset > last) head = head.previous;
    this.#cutBack(log, head);
    log.base = base;
    log.erasedBy = undefined;
    this.#logs.set(thread_id, log);
  }

  /** The event at a place, if the log is its thread's present one. */
  #present(epoch: string, offset: number): Logged | undefined {
    const log = this.#byEpoch.get(epoch);
    if (!log || this.#logs.get(log.thread_id) !== log) return undefined;
    let event = log.head;
    while (event && event.offset > offset) event = event.previous;
    return event?.offset === offset ? event : undefined;
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

export function add<T>(index: Map<string, T[]>, key: string, value: T): void {
  const values = index.get(key);
  if (values) values.push(value);
  else index.set(key, [value]);
}
