/**
 * Adds up over all nodes of a store what their clients spend. Nothing waits for it: a node decides by its own budgets, reports
 * what a client has spent once a second, and learns from the answer that the client has to wait on every node.
 */

import type { RateStore, SharedRate } from '../stores/store.js';
import type { Cancel, Clock } from '../util/clock.js';

const REPORT_EVERY_MS = 1_000;
/** Less than this share of a budget is not worth a message to the store. */
const WORTH_REPORTING = 0.05;

interface Spent {
  readonly rate: SharedRate;
  readonly key: string;
  /** Monotonic milliseconds. */
  readonly since: number;
  amount: number;
}

export interface SharedSpendingDeps {
  readonly rates: RateStore;
  readonly clock: Pick<Clock, 'now' | 'after'>;
}

export class SharedSpending {
  readonly #deps: SharedSpendingDeps;
  readonly #spent = new Map<string, Spent>();
  /** Until when a client has to wait, in monotonic milliseconds. */
  readonly #blocked = new Map<string, number>();
  #next: Cancel | undefined;

  constructor(deps: SharedSpendingDeps) {
    this.#deps = deps;
  }

  /** How many milliseconds the client has to wait for what was spent on all nodes. */
  waitMs(rate: SharedRate, key: string): number {
    const until = this.#blocked.get(idOf(rate, key));
    if (until === undefined) return 0;
    const left = Math.ceil(until - this.#deps.clock.now());
    if (left > 0) return left;
    this.#blocked.delete(idOf(rate, key));
    return 0;
  }

  add(rate: SharedRate, key: string, amount: number): void {
    const id = idOf(rate, key);
    const spent = this.#spent.get(id);
    if (spent) spent.amount += amount;
    else this.#spent.set(id, { rate, key, amount, since: this.#deps.clock.now() });
    this.#next ??= this.#deps.clock.after(REPORT_EVERY_MS, () => this.#report());
  }

  stop(): void {
    this.#next?.();
    this.#spent.clear();
    this.#blocked.clear();
  }

  #report(): void {
    const { clock } = this.#deps;
    const now = clock.now();
    this.#next = undefined;
    for (const [id, until] of this.#blocked) if (until <= now) this.#blocked.delete(id);
    for (const [id, { rate, key, amount, since }] of this.#spent) {
      const isWorthIt = amount >= rate.quota * WORTH_REPORTING;
      if (isWorthIt) void this.#send(rate, key, Math.ceil(amount));
      if (isWorthIt || now - since >= rate.windowS * 1_000) this.#spent.delete(id);
    }
    if (this.#spent.size > 0) this.#next = clock.after(REPORT_EVERY_MS, () => this.#report());
  }

  /** Without an answer the node goes on by its own budgets. */
  async #send(rate: SharedRate, key: string, amount: number): Promise<void> {
    const waitMs = await this.#deps.rates.spend(rate, key, amount).catch(() => 0);
    if (waitMs > 0) this.#blocked.set(idOf(rate, key), this.#deps.clock.now() + waitMs);
  }
}

const idOf = ({ name }: SharedRate, key: string): string => `${name} ${key}`;
