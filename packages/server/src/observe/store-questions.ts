/**
 * Questions to the store that an operator's answer does not wait for. Once the store has not answered one, it is not asked the
 * others: the answer says that the store is silent.
 */

import type { Cancel, Clock } from '../util/clock.js';

/** A store that is well answers in some milliseconds. */
const ANSWERS_MS = 700;

export class StoreQuestions {
  readonly #clock: Pick<Clock, 'after'>;
  #failure: unknown;
  #isSilent = false;

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }

  /** For how long the store has let a question wait, in milliseconds; 0 if it has answered each. */
  get silentMs(): number {
    return this.#isSilent ? ANSWERS_MS : 0;
  }

  /** Undefined if the store fails, or does not answer in time. */
  async ask<T>(question: () => Promise<T>): Promise<T | undefined> {
    if (this.#isSilent) return undefined;
    let cancel: Cancel = () => {};
    const late = new Promise<never>((_, reject) => {
      cancel = this.#clock.after(ANSWERS_MS, () => reject(new Error('The store does not answer.')));
    });
    try {
      return await Promise.race([question(), late]);
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
