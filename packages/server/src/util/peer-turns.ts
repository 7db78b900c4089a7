/**
 * What peers ask of the event loop takes turns: handshakes, requests, registrations, ephemeral events to many readers. They
 * get a share of its time, a few milliseconds at once, so that a flood of them never holds up what is live. Strangers
 * have a share for themselves: they wait for each other, and clients with a right do not wait for them.
 */

import type { Clock } from './clock.js';
import { FairTurns } from './fair-turns.js';

/** A live event needs three or four turns of the loop, and may wait for so much in each. */
const KNOWN = { share: 0.8, atOnceMs: 3 };
const STRANGERS = { share: 0.25, atOnceMs: 2 };
/** What a piece of work costs at least, with what it causes later, in milliseconds. */
const LEAST_MS = 0.1;
/** A network is known for so long after `authorize` has admitted a client of it. */
const KNOWN_MS = 600_000;

export class PeerTurns {
  readonly #clock: Pick<Clock, 'now' | 'after'>;
  readonly #known: FairTurns;
  readonly #strangers: FairTurns;
  /** When a client of each known network was last admitted, in monotonic milliseconds. */
  readonly #admittedAt = new Map<string, number>();
  #prunedAt: number;

  constructor(clock: Pick<Clock, 'now' | 'after'>) {
    this.#clock = clock;
    this.#known = new FairTurns(clock, KNOWN);
    this.#strangers = new FairTurns(clock, STRANGERS);
    this.#prunedAt = clock.now();
  }

  /**
   * Does the work at once if there is time for it, else later. The work of a network keeps its order.
   *
   * @param network the address that it is done for. Another key shares the time of strangers
   * @param leastMs what it costs at least, with what it causes later
   */
  run(network: string, work: () => void, leastMs = LEAST_MS): void {
    const turns = this.#isKnown(network) ? this.#known : this.#strangers;
    turns.run(network, work, leastMs);
  }

  /** Resolves when it is the turn of work that is asynchronous. */
  turn(network: string, costMs: number): Promise<void> {
    return new Promise((resolve) => this.run(network, resolve, costMs));
  }

  /** A client of the network was admitted. */
  admitted(network: string): void {
    const now = this.#clock.now();
    this.#admittedAt.set(network, now);
    if (now - this.#prunedAt < KNOWN_MS) return;
    this.#prunedAt = now;
    for (const known of this.#admittedAt.keys()) {
      if (!this.#isKnown(known)) this.#admittedAt.delete(known);
    }
  }

  /** Does at once what waits. */
  stop(): void {
    this.#known.stop();
    this.#strangers.stop();
  }

  #isKnown(network: string): boolean {
    const at = this.#admittedAt.get(network);
    return at !== undefined && this.#clock.now() - at < KNOWN_MS;
  }
}
