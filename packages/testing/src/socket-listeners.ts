/** Listeners as a Socket.IO client socket has them, for whatever an app does with its socket. */

export type Listener = (...args: never[]) => void;

/** A listener that was given to `once` stands behind a wrapper. */
interface Wrapper extends Listener {
  readonly fn?: Listener;
}

export class SocketListeners {
  readonly #byEvent = new Map<string, readonly Wrapper[]>();
  #any: readonly Listener[] = [];

  on(event: string, listener: Listener): this {
    this.#byEvent.set(event, [...(this.#byEvent.get(event) ?? []), listener]);
    return this;
  }

  once(event: string, listener: Listener): this {
    const wrapper = (...args: never[]): void => {
      this.off(event, wrapper);
      listener.apply(this, args);
    };
    return this.on(event, Object.assign(wrapper, { fn: listener }));
  }

  /** Without a listener all of the event's go; without an event all there are. */
  off(event?: string, listener?: Listener): this {
    if (event === undefined) this.#byEvent.clear();
    else if (listener === undefined) this.#byEvent.delete(event);
    else {
      const all = this.#byEvent.get(event) ?? [];
      const index = all.findIndex((each) => each === listener || each.fn === listener);
      if (index >= 0) this.#byEvent.set(event, all.toSpliced(index, 1));
    }
    return this;
  }

  listeners(event: string): readonly Listener[] {
    return this.#byEvent.get(event) ?? [];
  }

  hasListeners(event: string): boolean {
    return this.listeners(event).length > 0;
  }

  onAny(listener: Listener): this {
    this.#any = [...this.#any, listener];
    return this;
  }

  prependAny(listener: Listener): this {
    this.#any = [listener, ...this.#any];
    return this;
  }

  /** Without a listener all go. */
  offAny(listener?: Listener): this {
    const index = listener === undefined ? -1 : this.#any.indexOf(listener);
    if (listener === undefined) this.#any = [];
    else if (index >= 0) this.#any = this.#any.toSpliced(index, 1);
    return this;
  }

  listenersAny(): readonly Listener[] {
    return this.#any;
  }

  /** Calls the listeners of an event; what they add or remove counts from the next time on. */
  protected fire(event: string, ...args: readonly unknown[]): void {
    for (const listener of this.listeners(event)) listener.apply(this, args as never[]);
  }

  /** The same for an event from the server: only then `onAny` listeners are called, before all others. */
  protected fireReceived(event: string, payload: unknown): void {
    for (const listener of this.#any) listener.apply(this, [event, payload] as never[]);
    this.fire(event, payload);
  }
}
