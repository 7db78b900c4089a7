/**
 * One app's events of a thread, compared with the log at every step: each event once, in order, of one log, and
 * every missing event announced (I3, I4).
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
  /** Whether a reset was lost on a connection that goes on: TCP loses none in the middle. */
  readonly hasLostReset: () => boolean;
  /** Whether a registration may be answered twice: the server then goes back to where it began. */
  readonly hasAskedTwice: () => boolean;
  /** The monitor's first granted position; a lost receipt must not move it. */
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
  /** The last offset that the app has received, or that a gap has covered. */
  last: number | undefined;
  epoch: string | undefined;
  /** The candidates in the log for the last applied event: several if they look the same. */
  #anchors: readonly Logged[] = [];
  /** The end of the gap that must follow a reset which does not begin at the first event. */
  #owedGapTo: number | undefined;
  /** The reason of the newest reset. */
  #resetReason: Reset['reason'] | undefined;
  /** The highest offset that it has reached in each epoch. */
  readonly #reached = new Map<string, number>();

  constructor(deps: ViewDeps) {
    this.#deps = deps;
    this.thread_id = deps.thread_id;
  }

  /** The app's highest offset in an epoch. Between a reset and the next event the epoch may be any. */
  reached(epoch: string): number {
    const unnamed = this.epoch === undefined ? (this.last ?? 0) : 0;
    return Math.max(this.#reached.get(epoch) ?? 0, unnamed);
  }

  onRegistered(receipt: Receipt): void {
    const { epoch, from, gap, outcome } = receipt;
    const { since, checker, name, firstGrant } = this.#deps;
    if (this.last !== undefined) return;
    // A monitor that is reset at its first receipt has no history to lose.
    this.epoch = outcome === 'reset' ? undefined : epoch;
    const first = firstGrant(receipt);
    checker.expect(first?.outcome !== 'reset' || outcome === 'reset', 'I4', () => {
      return `${name} was reset at its first request, its receipt was lost, and the next one has no reset`;
    });
    if (since === 'now') {
      const begins = gap?.from ?? from;
      this.last = begins - 1;
      const granted = first?.gap?.from ?? first?.from;
      checker.expect(
        granted === undefined || granted === begins || outcome === 'reset',
        'I4',
        () => {
          return `${name} registered since 'now': first it began at ${granted}, then at ${begins}`;
        },
      );
    } else {
      this.last = since === 'start' ? 0 : since;
    }
    this.#reach(epoch, this.last);
  }

  onEvent(event: string, data: unknown, meta: Place): void {
    const { checker, reference, name, hasLostReset } = this.#deps;
    const { epoch, offset, span } = meta;
    const first = offset - span + 1;
    const place = `${name} got ${this.thread_id} ${offset}`;
    this.epoch ??= epoch;
    checker.note(() => `${place}: ${event} ${describe(data)}`);
    checker.expect(epoch === this.epoch, 'I3', () => `${place} of another epoch, without a reset`);
    checker.expect(first === (this.last ?? 0) + 1, 'I3', () => `${place} after ${this.last}`);
    checker.expect(this.#owedGapTo === undefined, 'I4', () => {
      return `${place}, without a gap up to ${this.#owedGapTo}`;
    });
    const text = JSON.stringify([event, data]);
    // The first and the last event of each candidate.
    const durable: readonly Ends[] =
      span === 1
        ? reference.at(epoch, offset).flatMap((each) => (each.text === text ? [[each, each]] : []))
        : reference.compactedRanges.at(epoch, first, offset, text).map(endsOf);
    checker.expect(durable.length > 0, 'I1', () => `${place}, which is not in the log: ${text}`);
    const mine = durable[0]?.[0].log.thread_id ?? this.thread_id;
    checker.expect(mine === this.thread_id, 'I10', () => `${place}, which is of ${mine}`);
    const follow = durable.filter(([each]) => this.#follows(each));
    const known = follow.length > 0 ? follow : hasLostReset() ? durable : [];
    checker.expect(known.length > 0 || durable.length === 0, 'I3', () => {
      return `${place} after the events of a log that has lost them`;
    });
    this.#anchors = known.map(([, each]) => each);
    this.last = offset;
    checker.applied += 1;
    this.#reach(epoch, offset);
  }

  onGap({ from, to }: Gap): void {
    const { checker, reference, name } = this.#deps;
    checker.note(() => `${name} gets a gap from ${from} to ${to} of ${this.thread_id}`);
    if (this.#owedGapTo !== undefined) {
      checker.expect(from === 1 && to === this.#owedGapTo, 'I4', () => {
        return `${name} gets the gap ${from} to ${to}, due was one to ${this.#owedGapTo}`;
      });
      this.#owedGapTo = undefined;
      return;
    }
    checker.expect(from === (this.last ?? 0) + 1 && to >= from, 'I4', () => {
      return `${name} gets a gap from ${from} to ${to} at ${this.last}`;
    });
    const log = this.epoch === undefined ? undefined : reference.logOf(this.epoch);
    checker.expect(!log || to <= log.trimmed, 'I4', () => {
      return `${name} gets a gap up to ${to}; trimmed is up to ${log?.trimmed}`;
    });
    // A restored log that was trimmed past the reader's offset has nothing left to check the cursor against.
    if (log?.lost) this.#anchors = [];
    this.last = to;
    if (this.epoch !== undefined) this.#reach(this.epoch, to);
  }

  onReset({ reason, from }: Reset): void {
    const { checker, name } = this.#deps;
    checker.note(() => `${name} gets a reset of ${this.thread_id} at ${from}: ${reason}`);
    const isRepeated = this.#resetReason === reason && this.#deps.hasAskedTwice();
    checker.expect(
      this.#isVoid() || isRepeated,
      'I4',
      () => `${name} was reset (${reason}) for no reason`,
    );
    this.#resetReason = reason;
    this.epoch = undefined;
    this.#anchors = [];
    this.last = from - 1;
    this.#owedGapTo = from > 1 ? from - 1 : undefined;
  }

  /** How the view differs from the log; undefined if it does not. */
  difference(): string | undefined {
    const log = this.#deps.reference.log(this.thread_id);
    if (!log) return `${this.thread_id} does not exist`;
    const end = log.head?.offset ?? log.base;
    const { last, epoch } = this;
    if (last !== end || (epoch ?? log.epoch) !== log.epoch) {
      return `is at ${epoch}.${last}, the log at ${log.epoch}.${end}`;
    }
    const anchored = this.#anchors.length === 0 || (log.head && this.#reaches(log.head));
    return anchored || (log.lost && this.#deps.hasLostReset())
      ? undefined
      : 'has other events than the log';
  }

  #reach(epoch: string, offset: number): void {
    this.#reached.set(epoch, Math.max(this.#reached.get(epoch) ?? 0, offset));
  }

  /** Whether an event continues the applied ones in the same log. */
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

  /** Whether the app's history has at some time differed from the log. */
  #isVoid(): boolean {
    const log = this.epoch === undefined ? undefined : this.#deps.reference.logOf(this.epoch);
    return log === undefined || log.lost || typeof this.#deps.since === 'number';
  }
}

const describe = (data: unknown): string => JSON.stringify(data)?.slice(0, 60) ?? '';
