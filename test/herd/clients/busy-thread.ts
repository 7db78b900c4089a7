/** A thread that is published to all the time, and the sessions that follow it. The first of them publishes. */

import type { Member } from './member.js';

const EVERY_MS = 1_000;

export class BusyThread {
  readonly #members: Member[] = [];
  #sent = 0;
  #acknowledged = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Events that the server has refused for good. */
  refused = 0;

  add(member: Member): void {
    this.#members.push(member);
  }

  /** Resolves when the first event is acknowledged. */
  async publish(): Promise<void> {
    this.#timer = setInterval(() => void this.#publishNext(), EVERY_MS);
    await this.#publishNext();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The number of the last event that is acknowledged. */
  get published(): number {
    return this.#acknowledged;
  }

  /** How many events the members have lost, all together. */
  get lost(): number {
    return this.#members.reduce(
      (sum, { sequence }) => sum + sequence.lostOf(this.#acknowledged),
      0,
    );
  }

  /** Whether nothing is under way any more. What belongs to a refused member is not waited for. */
  get settled(): boolean {
    const members = this.#members.filter(({ refused }) => !refused);
    const hasAll = members.every(({ sequence }) => sequence.lostOf(this.#acknowledged) === 0);
    const answered = this.#acknowledged + this.refused === this.#sent;
    return hasAll && (answered || this.#members[0]?.refused === true);
  }

  async #publishNext(): Promise<void> {
    this.#sent += 1;
    const n = this.#sent;
    try {
      await this.#members[0]?.publish(n);
      this.#acknowledged = n;
    } catch {
      this.refused += 1;
    }
  }
}
