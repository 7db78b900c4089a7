/**
 * Elects the leader: the tab that holds the lock. The other tabs stand in line for it, and the browser gives it to
 * the next one the moment that its holder closes, crashes or resigns.
 */

/** The part of `navigator.locks` that is used. */
export interface Locks {
  request(
    name: string,
    options: { readonly signal?: AbortSignal; readonly steal?: boolean },
    held: () => Promise<void>,
  ): Promise<unknown>;
}

export interface ElectionHandlers {
  readonly leads: () => void;
  /** Another tab has taken the lock. */
  readonly deposed: () => void;
}

export class Election {
  readonly #name: string;
  readonly #locks: Locks;
  readonly #handlers: ElectionHandlers;
  /** Leaves the line, or gives the lock back. */
  #leave: (() => void) | undefined;

  constructor(name: string, locks: Locks, handlers: ElectionHandlers) {
    this.#name = name;
    this.#locks = locks;
    this.#handlers = handlers;
  }

  /** Stands in line. */
  join(): void {
    if (!this.#leave) this.#request(false);
  }

  /** Takes the lock from a holder that does not answer. */
  seize(): void {
    this.resign();
    this.#request(true);
  }

  resign(): void {
    this.#leave?.();
    this.#leave = undefined;
  }

  #request(steal: boolean): void {
    const line = new AbortController();
    let release = () => {};
    let holds = false;
    const leave = () => {
      holds = false;
      line.abort();
      release();
    };
    this.#leave = leave;
    const held = () => {
      // This tab may have left the line in the moment in which it got the lock.
      if (line.signal.aborted) return Promise.resolve();
      holds = true;
      this.#handlers.leads();
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    };
    // A lock cannot be stolen and waited for.
    const options = steal ? { steal } : { signal: line.signal };
    this.#locks.request(this.#name, options, held).catch(() => {
      // Another tab stole the lock, or this tab left the line.
      if (!holds || this.#leave !== leave) return;
      this.#leave = undefined;
      this.#handlers.deposed();
    });
  }
}
