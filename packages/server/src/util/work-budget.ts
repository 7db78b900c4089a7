/** The time that work in the background may take at once. In between, everything else has its turn. */

import { type Clock, nextTurn } from './clock.js';

export class WorkBudget {
  readonly #clock: Pick<Clock, 'after' | 'now'>;
  readonly #endsAt: number;

  constructor(clock: Pick<Clock, 'after' | 'now'>, ms: number) {
    this.#clock = clock;
    this.#endsAt = clock.now() + ms;
  }

  /** Lets other work have its turn. Resolves with whether time is left then. */
  async next(): Promise<boolean> {
    await nextTurn(this.#clock);
    return this.#clock.now() < this.#endsAt;
  }
}
