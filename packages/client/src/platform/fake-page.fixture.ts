/** A page as a whole: it hangs and goes on, is put away and brought back, and is gone. Time is a fake clock's. */

import type { FakeClock } from '../../../testing/src/fake-clock.js';
import type { Environment } from './environment.js';

export class FakePage {
  readonly #clock: FakeClock;
  /** What a page that hangs does when it goes on. */
  readonly #waiting: (() => void)[] = [];
  readonly #wake = new Set<() => void>();
  readonly #sleep = new Set<() => void>();
  #hangs = false;
  #gone = false;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  get hangs(): boolean {
    return this.#hangs;
  }

  get isGone(): boolean {
    return this.#gone;
  }

  /** What a monitor on this page is given. */
  get environment(): Environment {
    return {
      ...this.#clock,
      after: (ms, fn) => this.after(ms, fn),
      onWake: listened(this.#wake),
      onSleep: listened(this.#sleep),
    };
  }

  /** Now, or when the page goes on; never if it is gone. */
  run(work: () => void): void {
    if (this.#gone) return;
    if (this.#hangs) this.#waiting.push(work);
    else work();
  }

  after(ms: number, fn: () => void): () => void {
    let wanted = true;
    const cancel = this.#clock.after(ms, () => this.run(() => wanted && fn()));
    return () => {
      wanted = false;
      cancel();
    };
  }

  hang(): void {
    this.#hangs = true;
  }

  goOn(): void {
    if (!this.#hangs) return;
    this.#hangs = false;
    for (const work of this.#waiting.splice(0)) this.#clock.after(0, () => this.run(work));
  }

  /** It is gone without a word. */
  crash(): void {
    this.#gone = true;
    this.#waiting.length = 0;
  }

  /** The page enters the browser's cache. */
  putAway(): void {
    this.run(() => {
      for (const sleep of [...this.#sleep]) sleep();
    });
  }

  /** The page is back. */
  bringBack(): void {
    this.wake();
  }

  /** The user looks at the page, or there is a network again. */
  wake(): void {
    this.run(() => {
      for (const wake of [...this.#wake]) wake();
    });
  }
}

/** Adds a listener; the same one twice is two. Returns the unsubscribe. */
export const listened = (listeners: Set<() => void>) => (fn: () => void) => {
  const entry = () => fn();
  listeners.add(entry);
  return () => void listeners.delete(entry);
};
