/** Questions to the store that an operator does not wait for: the answer says then that the store is silent. */

import type { Cancel, Clock } from '../util/clock.js';

export class StoreQuestions {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #ms: number;
  #failure: unknown;
  #isSilent = false;

  /** @param ms how long each may take */
  constructor(clock: Pick<Clock, 'after'>, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
  }

  /** For how long the store has let a question wait, in milliseconds; 0 if it has answered each. */
  get silentMs(): number {
    return this.#isSilent ? this.#ms : 0;
  }

  /** Undefined if the store fails, or does not answer in time. */
  async ask<T>(question: Promise<T>): Promise<T | undefined> {
    let cancel: Cancel = () => {};
    const late = new Promise<never>((_, reject) => {
      cancel = this.#clock.after(this.#ms, () => reject(new Error('The store does not answer.')));
    });
    try {
      return await Promise.race([question, late]);
    } catch (error) {
      this.#failure = error;
      this.#isSilent = true;
      return undefined;
    } finally {
      cancel();
    }
  }

  /** @throws what the store has thrown */
  throwIfSilent(): void {
    if (this.#isSilent) throw this.#failure;
  }
}
