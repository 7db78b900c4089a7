/** Lets one piece of work at a time hold a set of keys; the others wait in order. */

export class KeyedMutex {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Runs `work` when all earlier work on any of the keys has ended. */
  async run<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const before = keys.map((key) => this.#tails.get(key));
    const result = Promise.allSettled(before).then(work);
    const settled = result.then(
      () => {},
      () => {},
    );
    for (const key of keys) this.#tails.set(key, settled);
    try {
      return await result;
    } finally {
      for (const key of keys) if (this.#tails.get(key) === settled) this.#tails.delete(key);
    }
  }
}
