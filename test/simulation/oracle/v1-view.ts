/**
 * Checks what a v1 client receives: each event at least once, and on one connection in order and without holes. A
 * v1 client knows no offsets; the reference log does.
 */

import type { Checker } from './checker.js';
import type { Chain } from './compacted-ranges.js';
import type { Logged, ReferenceLog } from './reference-log.js';

export class V1View {
  readonly #name: string;
  readonly #thread_id: string;
  readonly #checker: Checker;
  readonly #reference: ReferenceLog;
  readonly #seen = new Set<Logged>();
  /** The candidates in the log for the last event of this connection: several if they look the same. */
  #last: readonly Logged[] = [];
  /** Set by a notice: the next event need not follow the last one. */
  #mayJump = true;
  /** The log and its end at the client's first registration: the client must get all later events. */
  #first: { readonly epoch: string; readonly offset: number; readonly at: number } | undefined;
  /** The last process from before the restored back-up. */
  #forgotten = 0;
  /** Whether the server has warned it that history is gone. */
  #warned = false;

  constructor(name: string, thread_id: string, checker: Checker, reference: ReferenceLog) {
    this.#name = name;
    this.#thread_id = thread_id;
    this.#checker = checker;
    this.#reference = reference;
  }

  onConnect(): void {
    this.#last = [];
    this.#mayJump = true;
  }

  /** @param node the number of the process that has registered it */
  onRegistered(now: number, node: number): void {
    // A late notice from a process whose store was restored since.
    if (node <= this.#forgotten) return;
    // A failover may have lost the whole log: then all events are later ones.
    const log = this.#reference.log(this.#thread_id);
    const offset = log?.head?.offset ?? log?.base ?? 0;
    this.#first ??= { epoch: log?.epoch ?? '', offset, at: now };
  }

  /**
   * A back-up of the store was restored. A v1 client has no cursor: a server without its session treats it as a
   * new one, and owes it only later events.
   */
  onRestored(takenAt: number, lastNode: number): void {
    this.#forgotten = lastNode;
    if (this.#first && this.#first.at >= takenAt) this.#first = undefined;
  }

  /** An `error` of the server: history is gone. */
  onNotice(notice: object): void {
    this.#checker.note(() => `${this.#name} is warned: ${JSON.stringify(notice)}`);
    if (!('gap' in notice) && !('reset' in notice)) return;
    this.#warned = true;
    this.#mayJump = true;
  }

  onEvent(event: string, data: unknown): void {
    const text = JSON.stringify([event, data]);
    // Its candidates: single events, and compacted ones.
    const single = this.#reference.find(text).map((each): Chain => [each]);
    const found = [...single, ...this.#reference.compactedRanges.find(text)];
    const what = () => `${this.#name} got ${text.slice(0, 80)}`;
    this.#checker.note(() => `${what()} (v1) ${found.map(([{ offset }]) => offset)}`);
    this.#checker.expect(found.length > 0, 'I1', () => `${what()}, which is not in the log`);
    const mine = found.filter(([{ log }]) => log.thread_id === this.#thread_id);
    this.#checker.expect(found.length === 0 || mine.length > 0, 'I10', what);
    for (const each of mine.flat()) this.#seen.add(each);
    this.#checker.applied += 1;
    const next = this.#mayJump ? mine : mine.filter(([each]) => this.#follows(each));
    this.#checker.expect(next.length > 0 || mine.length === 0, 'I3', () => {
      const last = this.#last.map(({ offset }) => offset).join(' or ');
      return `${what()} at ${mine.map(([{ offset }]) => offset)} after ${last}`;
    });
    this.#mayJump = false;
    this.#last = next.map((each) => each.at(-1) ?? each[0]);
  }

  /** The first event that it should have got and did not; undefined if there is none. */
  difference(): string | undefined {
    const first = this.#first;
    const log = this.#reference.log(this.#thread_id);
    if (!first || !log) return 'was never registered';
    // After an erasure all events are new.
    const since = log.epoch === first.epoch ? first.offset : 0;
    for (
      let event = log.head;
      event && event.offset > Math.max(since, log.base);
      event = event.previous
    ) {
      if (!this.#seen.has(event))
        return `has never got ${event.offset}: ${event.text.slice(0, 60)}`;
    }
    const silently = log.trimmed > since && !this.#warned && this.#missesTrimmed(since);
    return silently ? 'got no warning of its gap' : undefined;
  }

  #follows({ previous }: Logged): boolean {
    return previous !== undefined && this.#last.includes(previous);
  }

  #missesTrimmed(since: number): boolean {
    const log = this.#reference.log(this.#thread_id);
    for (let event = log?.head; event && event.offset > since; event = event.previous) {
      if (!this.#seen.has(event)) return true;
    }
    return false;
  }
}
