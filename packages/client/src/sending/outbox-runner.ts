/** The shell of an outbox: its timer. Its owner saves, posts and settles the entries. */

import {
  EMPTY_OUTBOX,
  type Named,
  type Outbox,
  type OutboxEffect,
  type OutboxEvent,
  type SendOutcome,
  stepOutbox,
} from '../core/outbox.js';
import type { Environment } from '../platform/environment.js';

/** Saves, posts and settles the entries of an outbox. */
export interface OutboxOwner<E extends Named, T> {
  readonly environment: Pick<Environment, 'after'>;
  /** Writes a thread's entries down, before any of them is posted: a page that is reloaded now goes on with them. */
  readonly save: (thread_id: string, entries: readonly E[]) => void;
  readonly post: (entry: E) => void;
  readonly settle: (entry: E, outcome: SendOutcome<T>) => void;
}

export class OutboxRunner<E extends Named, T> {
  readonly #owner: OutboxOwner<E, T>;
  #outbox: Outbox<E> = EMPTY_OUTBOX;
  #timer: (() => void) | undefined;

  constructor(owner: OutboxOwner<E, T>) {
    this.#owner = owner;
  }

  get entries(): readonly E[] {
    return this.#outbox.entries;
  }

  /** What has been posted and is not answered. */
  get underWay(): E | undefined {
    return this.#outbox.phase === 'posting' ? this.#outbox.entries[0] : undefined;
  }

  dispatch(event: OutboxEvent<E, T>): void {
    const before = this.#outbox.entries;
    const { outbox, effects } = stepOutbox(this.#outbox, event);
    this.#outbox = outbox;
    if (outbox.entries !== before) this.#save([...before, ...outbox.entries]);
    for (const effect of effects) this.#run(effect);
  }

  #save(touched: readonly E[]): void {
    for (const thread_id of new Set(touched.map((entry) => entry.thread_id))) {
      const own = this.#outbox.entries.filter((entry) => entry.thread_id === thread_id);
      this.#owner.save(thread_id, own);
    }
  }

  #run(effect: OutboxEffect<E, T>): void {
    const { environment, post, settle } = this.#owner;
    switch (effect.type) {
      case 'post':
        post(effect.entry);
        return;
      case 'set_timer':
        this.#timer?.();
        this.#timer = environment.after(effect.ms, () => this.dispatch({ type: 'timer' }));
        return;
      case 'clear_timer':
        this.#timer?.();
        return;
      case 'settle':
        settle(effect.entry, effect.outcome);
        return;
    }
  }
}
