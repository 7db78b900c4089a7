/** Typed listeners. Subscribing returns the unsubscribe. A listener that throws does not stop the others. */

export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(...args: never[]) => void>>();
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  on<Name extends keyof Events>(name: Name, listener: Events[Name]): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    // Each subscription has its own wrapper: the same function may listen twice, and leave once.
    const entry = (...args: never[]) => (listener as (...args: never[]) => void)(...args);
    this.#listeners.set(name, listeners.add(entry));
    return () => void listeners.delete(entry);
  }

  has(name: keyof Events): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }

  emit(name: keyof Events, ...args: readonly unknown[]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (listener as (...args: readonly unknown[]) => void)(...args);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
