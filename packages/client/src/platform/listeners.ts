/** Listeners as a Socket.IO socket has them. */

type Listener = (...args: never[]) => void;

export class Listeners {
  readonly #byEvent = new Map<string, Listener[]>();
  readonly #any: Listener[] = [];

  readonly on = (event: string, listener: Listener): void => {
    this.#byEvent.set(event, [...this.of(event), listener]);
  };

  readonly off = (event: string, listener: Listener): void => {
    this.#byEvent.set(
      event,
      this.of(event).filter((each) => each !== listener),
    );
  };

  readonly of = (event: string): readonly Listener[] => this.#byEvent.get(event) ?? [];

  readonly onAny = (listener: Listener): void => void this.#any.push(listener);

  readonly offAny = (listener: Listener): void => {
    const index = this.#any.indexOf(listener);
    if (index >= 0) this.#any.splice(index, 1);
  };

  readonly any = (): readonly Listener[] => this.#any;

  fire(event: string, ...args: readonly unknown[]): void {
    for (const listener of this.of(event)) {
      (listener as (...args: readonly unknown[]) => void)(...args);
    }
  }
}

/** What apps and monitors listen on, as on a Socket.IO socket. */
export class ListenedTo {
  protected readonly events = new Listeners();
  readonly on = this.events.on;
  readonly off = this.events.off;
  readonly listeners = this.events.of;
  readonly onAny = this.events.onAny;
  readonly offAny = this.events.offAny;
  readonly listenersAny = this.events.any;
}
