/** Listeners as Socket.IO's client keeps them (component-emitter). */

export type Listener = (...args: never[]) => void;

export class SimEmitter {
  readonly #listeners = new Map<string, Listener[]>();

  on(event: string, listener: Listener): this {
    const listeners = this.#listeners.get(event);
    if (listeners) listeners.push(listener);
    else this.#listeners.set(event, [listener]);
    return this;
  }

  off(event: string, listener: Listener): this {
    const listeners = this.#listeners.get(event) ?? [];
    const index = listeners.indexOf(listener);
    if (index >= 0) listeners.splice(index, 1);
    return this;
  }

  listeners(event: string): readonly Listener[] {
    return this.#listeners.get(event) ?? [];
  }

  /** How many listeners there are, of all events. */
  get size(): number {
    let size = 0;
    for (const listeners of this.#listeners.values()) size += listeners.length;
    return size;
  }

  protected fire(event: string, ...args: readonly unknown[]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) {
      (listener as (...args: readonly unknown[]) => void)(...args);
    }
  }
}
