/**
 * Readers that are far behind take turns: catching up gets a part of the event loop's time, however many catch up.
 *
 *     ask ──► free? ──yes──► turn: read one frame, send it ──► done ──► the next one's turn
 *               │no                                              │budget spent
 *               └──► wait in line ◄── turn ◄── rest is over ◄── rest, for live traffic
 *
 * A turn costs a read of the store and a frame. A reader whose next events are in memory needs none: live traffic never
 * waits here. The line has two parts, for readers that have had few turns and for the others, and serves them alternately:
 * a reader that lacks little does not wait for readers that lack much.
 */

import type { Cancel, Clock } from '../util/clock.js';

/** What waits for its turn. */
export interface TurnTaker {
  /**
   * It is its turn, now.
   *
   * @param done to be called once, when the turn is over
   */
  takeTurn(done: () => void): void;
}

export interface CatchUpTurnsDeps {
  readonly clock: Pick<Clock, 'now' | 'after'>;
  /** How long turns may follow each other without a rest. 0: each is followed by a rest. */
  readonly budgetMs: number;
  /** Some have waited for a rest to end. */
  readonly onSpent?: (waiting: number) => void;
}

/** Turns under way at a time. On Redis one reads while others wait for their answers. */
const MAX_UNDER_WAY = 4;
/** A rest lasts as long as the turns before it: they get half of the loop's time at most. */
const MIN_REST_MS = 1;
/** A process that was stopped for a while owes no rest for that. */
const MAX_REST_MS = 20;

export class CatchUpTurns {
  readonly #deps: CatchUpTurnsDeps;
  readonly #early: TurnTaker[] = [];
  readonly #late: TurnTaker[] = [];
  #lateIsNext = false;
  #underWay = 0;
  /** Turns since the last rest, and when the first of them began. */
  #taken = 0;
  #begunAt = 0;
  #endedAt = 0;
  #rest: Cancel | undefined;
  #isGranting = false;

  constructor(deps: CatchUpTurnsDeps) {
    this.#deps = deps;
  }

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#early.length + this.#late.length;
  }

  /**
   * Begins a turn if one is free. Returns what ends it; undefined if the taker has to wait for `takeTurn`.
   *
   * @param early whether the taker has had few turns so far
   */
  ask(taker: TurnTaker, early: boolean): (() => void) | undefined {
    if (this.waiting === 0 && this.#isFree()) return this.#begin();
    (early ? this.#early : this.#late).push(taker);
    return undefined;
  }

  /** Does work in a turn. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const done = await new Promise<() => void>((resolve) => {
      const begun = this.ask({ takeTurn: resolve }, true);
      if (begun) resolve(begun);
    });
    try {
      return await work();
    } finally {
      done();
    }
  }

  /** Gives no more turns after a rest. */
  stop(): void {
    this.#rest?.();
  }

  #begin(): () => void {
    this.#underWay += 1;
    this.#taken += 1;
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.#underWay -= 1;
      this.#endedAt = this.#deps.clock.now();
      this.#grant();
    };
  }

  /** Gives turns to those that wait, as many as there are. */
  #grant(): void {
    if (this.#isGranting) return;
    this.#isGranting = true;
    while (this.waiting > 0 && this.#isFree()) this.#next()?.takeTurn(this.#begin());
    this.#isGranting = false;
  }

  #next(): TurnTaker | undefined {
    const [first, second] = this.#lateIsNext
      ? [this.#late, this.#early]
      : [this.#early, this.#late];
    this.#lateIsNext = !this.#lateIsNext;
    return first.shift() ?? second.shift();
  }

  /** Whether a turn may begin now. Begins a rest if the budget is spent. */
  #isFree(): boolean {
    if (this.#rest || this.#underWay >= MAX_UNDER_WAY) return false;
    const { clock, budgetMs } = this.#deps;
    const now = clock.now();
    const hasRested = this.#underWay === 0 && now - this.#endedAt >= budgetMs;
    if (this.#taken === 0 || (hasRested && budgetMs > 0)) {
      this.#taken = 0;
      this.#begunAt = now;
    }
    if (this.#taken === 0 || now - this.#begunAt < budgetMs) return true;
    this.#beginRest(now - this.#begunAt);
    return false;
  }

  #beginRest(usedMs: number): void {
    const ms = Math.min(MAX_REST_MS, Math.max(MIN_REST_MS, usedMs));
    this.#rest = this.#deps.clock.after(ms, () => {
      this.#rest = undefined;
      this.#taken = 0;
      if (this.waiting > 0) this.#deps.onSpent?.(this.waiting);
      // mutant: a-rest-never-ends
      this.#grant();
    });
  }
}
