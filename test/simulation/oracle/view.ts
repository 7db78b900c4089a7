/**
 * What one app has been given of a thread, held against the log at every step: each event once, in order,
 * of one log, and whatever is missing announced (I3, I4).
 */

import type { Gap, Receipt, Reset, Since } from '../../../packages/protocol/src/messages.js';
import type { Checker } from './checker.js';
import type { Chain } from './compacted-ranges.js';
import type { Logged, ReferenceLog } from './reference-log.js';

export interface ViewDeps {
  readonly name: string;
  readonly thread_id: string;
  readonly since: Since;
  readonly checker: Checker;
  readonly reference: ReferenceLog;
  /** Where the server said at first that this monitor begins; a lost receipt must not move it. */
  readonly firstGrant: (receipt: Receipt) => Receipt | undefined;
}

interface Place {
  readonly epoch: string;
  readonly offset: number;
  readonly span: number;
}

type Ends = readonly [first: Logged, last: Logged];

const endsOf = (chain: Chain): Ends => [chain[0], chain.at(-1) ?? chain[0]];

export class View {
  readonly thread_id: string;
  readonly #deps: ViewDeps;
  /** The last offset that the app has been given, or told that it will not get. */
  last: number | undefined;
  epoch: string | undefined;
  /** What the last event that was applied may be in the log: more than one if they look the same. */
  #anchors: readonly Logged[] = [];
  /** After a reset that does not begin at the first event the app must hear why. */
  #owedGapTo: number | undefined;
  /** How far it has ever come in each incarnation. */
  readonly #reached = new Map<string, number>();

  constructor(deps: ViewDeps) {
    this.#deps = deps;
    this.thread_id = deps.thread_id;
  }

  /** How far the app has ever come in an incarnation. Between a reset and the next event any may be meant. */
  reached(epoch: string): number {
    const unnamed = this.epoch === undefined ? (this.last ?? 0) : 0;
    return Math.max(this.#reached.get(epoch) ?? 0, unnamed);
  }

  onRegistered(receipt: Receipt): void {
    const { epoch, from, gap, outcome } = receipt;
    const { since, checker, name, firstGrant } = this.#deps;
    if (this.last !== undefined) return;
    // One that is reset at the first word has no history to lose.
    this.epoch = outcome === 'reset' ? undefined : epoch;
    const first = firstGrant(receipt);
    checker.expect(first?.outcome !== 'reset' || outcome === 'reset', 'I4', () => {
      return `${name} was reset when it first asked, and is not told: the receipt was lost`;
    });
    if (since === 'now') {
      const begins = gap?.from ?? from;
      this.last = begins - 1;
      const granted = first?.gap?.from ?? first?.from;
      checker.expect(
        granted === undefined || granted === begins || outcome === 'reset',
        'I4',
        () => {
          return `${name} asked for what comes 'now': first it was ${granted}, then ${begins}`;
        },
      );
    } else {
      this.last = since === 'start' ? 0 : since;
    }
    this.#reach(epoch, this.last);
  }

  onEvent(event: string, data: unknown, meta: Place): void {
    const { checker, reference, name } = this.#deps;
    const { epoch, offset, span } = meta;
    const first = offset - span + 1;
    const place = `${name} was given ${this.thread_id} ${offset}`;
    this.epoch ??= epoch;
    checker.note(() => `${place}: ${event} ${describe(data)}`);
    checker.expect(epoch === this.epoch, 'I3', () => `${place} of another epoch, without a reset`);
    checker.expect(first === (this.last ?? 0) + 1, 'I3', () => `${place} after ${this.last}`);
    checker.expect(this.#owedGapTo === undefined, 'I4', () => {
      return `${place}, and not told that the events up to ${this.#owedGapTo} are gone`;
    });
    const text = JSON.stringify([event, data]);
    // The first and the last event that it may be, or stand for.
    const durable: readonly Ends[] =
      span === 1
        ? reference.at(epoch, offset).flatMap((each) => (each.text === text ? [[each, each]] : []))
        : reference.compactedRanges.at(epoch, first, offset, text).map(endsOf);
    checker.expect(durable.length > 0, 'I1', () => `${place}, which is not in the log: ${text}`);
    const mine = durable[0]?.[0].log.thread_id ?? this.thread_id;
    checker.expect(mine === this.thread_id, 'I10', () => `${place}, which is of ${mine}`);
    const follow = durable.filter(([each]) => this.#follows(each));
    checker.expect(follow.length > 0 || durable.length === 0, 'I3', () => {
      return `${place} after the events of a log that has lost them`;
    });
    this.#anchors = follow.map(([, each]) => each);
    this.last = offset;
    checker.applied += 1;
    this.#reach(epoch, offset);
  }

  onGap({ from, to }: Gap): void {
    const { checker, reference, name } = this.#deps;
    checker.note(() => `${name} is told that ${from} to ${to} of ${this.thread_id} are gone`);
    if (this.#owedGapTo !== undefined) {
      checker.expect(from === 1 && to === this.#owedGapTo, 'I4', () => {
        return `${name} is told of the gap ${from} to ${to}, due was one to ${this.#owedGapTo}`;
      });
      this.#owedGapTo = undefined;
      return;
    }
    checker.expect(from === (this.last ?? 0) + 1 && to >= from, 'I4', () => {
      return `${name} is told of a gap from ${from} to ${to} at ${this.last}`;
    });
    const log = this.epoch === undefined ? undefined : reference.logOf(this.epoch);
    checker.expect(!log || to <= log.trimmed, 'I4', () => {
      return `${name} is told that ${to} is gone; trimmed is up to ${log?.trimmed}`;
    });
    // Trimmed past the reader's place, a log that was put back has nothing left to check a cursor against.
    if (log?.lost) this.#anchors = [];
    this.last = to;
    if (this.epoch !== undefined) this.#reach(this.epoch, to);
  }

  onReset({ reason, from }: Reset): void {
    const { checker, name } = this.#deps;
    checker.note(() => `${name} is told that ${this.thread_id} starts over at ${from}: ${reason}`);
    checker.expect(this.#isVoid(), 'I4', () => `${name} was reset (${reason}) for no reason`);
    this.epoch = undefined;
    this.#anchors = [];
    this.last = from - 1;
    this.#owedGapTo = from > 1 ? from - 1 : undefined;
  }

  /** Why this is not what the log holds; undefined if it is. */
  difference(): string | undefined {
    const log = this.#deps.reference.log(this.thread_id);
    if (!log) return `${this.thread_id} does not exist`;
    const end = log.head?.offset ?? log.base;
    const { last, epoch } = this;
    if (last !== end || (epoch ?? log.epoch) !== log.epoch) {
      return `is at ${epoch}.${last}, the log at ${log.epoch}.${end}`;
    }
    const anchored = this.#anchors.length === 0 || (log.head && this.#reaches(log.head));
    return anchored ? undefined : 'has other events than the log';
  }

  #reach(epoch: string, offset: number): void {
    this.#reached.set(epoch, Math.max(this.#reached.get(epoch) ?? 0, offset));
  }

  /** Whether an event continues what was applied: the same log all the way. */
  #follows(event: Logged): boolean {
    return (
      this.#anchors.length === 0 || (event.previous !== undefined && this.#reaches(event.previous))
    );
  }

  #reaches(event: Logged): boolean {
    const oldest = Math.min(...this.#anchors.map(({ offset }) => offset));
    for (let each: Logged | undefined = event; each; each = each.previous) {
      if (each.offset < oldest) return false;
      if (this.#anchors.includes(each)) return true;
    }
    return false;
  }

  /** Whether what the app has was no longer what the log holds, at some time. */
  #isVoid(): boolean {
    const log = this.epoch === undefined ? undefined : this.#deps.reference.logOf(this.epoch);
    return log === undefined || log.lost || typeof this.#deps.since === 'number';
  }
}

const describe = (data: unknown): string => JSON.stringify(data)?.slice(0, 60) ?? '';
