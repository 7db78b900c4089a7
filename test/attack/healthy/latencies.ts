/** From publish to seen: how long each event took, what is lost, and whether the order held. */

import { quantiles } from '../quantiles.js';

/** Milliseconds, with one decimal place: a healthy user waits for a few. */
export interface Window {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Published and not seen at its end. Each counts in the distribution with its age. */
  readonly pending: number;
}

export interface Totals {
  /** Acknowledged and never seen. */
  readonly lost: number;
  readonly outOfOrder: number;
  /** The server or the outbox did not take it. */
  readonly healthyRefused: number;
}

export class Latencies {
  #published = 0;
  #last = 0;
  #outOfOrder = 0;
  #refused = 0;
  /** When each was published that has not been seen. */
  readonly #pending = new Map<number, number>();
  /** Acknowledged and not seen yet. */
  readonly #owed = new Set<number>();
  #window: number[] = [];

  /** Returns the number of the next event. */
  publish(): number {
    this.#published += 1;
    this.#pending.set(this.#published, performance.now());
    return this.#published;
  }

  saw(n: number): void {
    const at = this.#pending.get(n);
    this.#pending.delete(n);
    this.#owed.delete(n);
    // One that was given up may have been taken all the same.
    if (n <= this.#last) this.#outOfOrder += 1;
    this.#last = Math.max(this.#last, n);
    if (at !== undefined) this.#window.push(performance.now() - at);
  }

  acknowledge(n: number): void {
    if (this.#pending.has(n)) this.#owed.add(n);
  }

  /** It counts in the window with its age, as one that was waited for. */
  refuse(n: number): void {
    const at = this.#pending.get(n);
    if (at === undefined) return;
    this.#pending.delete(n);
    this.#refused += 1;
    this.#window.push(performance.now() - at);
  }

  /** The connection has ended: what was not acknowledged may be gone. */
  disconnect(): void {
    for (const n of this.#pending.keys()) if (!this.#owed.has(n)) this.refuse(n);
  }

  /** Published and neither acknowledged nor seen. */
  get underWay(): number {
    return this.#pending.size - this.#owed.size;
  }

  get settled(): boolean {
    return this.#pending.size === 0;
  }

  window(): Window {
    const now = performance.now();
    const ages = [...this.#pending.values()].map((at) => now - at);
    const seen = this.#window;
    this.#window = [];
    const all = [...seen, ...ages];
    const quantile = quantiles(all);
    const at = (share: number) => Math.round(quantile(share) * 10) / 10;
    return { count: all.length, p50: at(0.5), p99: at(0.99), max: at(1), pending: ages.length };
  }

  /** Since the beginning. */
  get totals(): Totals {
    return {
      lost: this.#owed.size,
      outOfOrder: this.#outOfOrder,
      healthyRefused: this.#refused,
    };
  }
}
