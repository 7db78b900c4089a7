/** The shell of an outbox: its timer, and the callers that wait. Its owner saves and posts the entries. */

import type { Fault } from '@session-monitor/protocol';
import {
  EMPTY_OUTBOX,
  MAX_OUTBOX_ENTRIES,
  type Named,
  type Outbox,
  type OutboxEffect,
  type OutboxEvent,
  type SendOutcome,
  stepOutbox,
} from '../core/outbox.js';
import { SessionMonitorError } from '../errors.js';
import type { Environment } from '../platform/environment.js';

/** Saves and posts the entries of an outbox, and makes results of their outcomes. */
export interface OutboxOwner<E extends Named, T, Result> {
  readonly environment: Pick<Environment, 'after'>;
  /** What the entries are called in errors. */
  readonly noun: string;
  /** Writes a thread's entries down, before any of them is posted: a page that is reloaded now goes on with them. */
  readonly save: (thread_id: string, entries: readonly E[]) => void;
  readonly post: (entry: E) => void;
  /** Returns what the caller gets. */
  readonly onAccepted: (entry: E, accepted: T) => Result;
  readonly onRefused: (entry: E, fault: Fault) => SessionMonitorError;
}

interface Waiting<Result> {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: SessionMonitorError) => void;
}

export class OutboxRunner<E extends Named, T, Result> {
  readonly #owner: OutboxOwner<E, T, Result>;
  #outbox: Outbox<E> = EMPTY_OUTBOX;
  #timer: (() => void) | undefined;
  /** The callers that wait for an answer. An entry of an earlier page has none. */
  readonly #waiting = new Map<string, Waiting<Result>>();

  constructor(owner: OutboxOwner<E, T, Result>) {
    this.#owner = owner;
  }

  get entries(): readonly E[] {
    return this.#outbox.entries;
  }

  /** What has been posted and is not answered. */
  get underWay(): E | undefined {
    return this.#outbox.phase === 'posting' ? this.#outbox.entries[0] : undefined;
  }

  /**
   * Resolves when the server has taken the entry.
   *
   * @param onAdd called when the outbox takes the entry, before it is posted
   */
  send(entry: E, onAdd = () => {}): Promise<Result> {
    const { noun } = this.#owner;
    const isFull = this.entries.length >= MAX_OUTBOX_ENTRIES;
    if (isFull || this.#waiting.has(entry.message_id)) {
      const message = isFull
        ? `${MAX_OUTBOX_ENTRIES} ${noun}s wait for the network. Send again when some are sent.`
        : `The ${noun} '${entry.message_id}' is already being sent. Wait for its result.`;
      return Promise.reject(new SessionMonitorError('ERR_NOT_SENT', message));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.set(entry.message_id, { resolve, reject });
      onAdd();
      this.dispatch({ type: 'add', entry });
    });
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
    const { environment, post } = this.#owner;
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
        this.#settle(effect.entry, effect.outcome);
        return;
    }
  }

  #settle(entry: E, outcome: SendOutcome<T>): void {
    const { onAccepted, onRefused } = this.#owner;
    const waiting = this.#waiting.get(entry.message_id);
    this.#waiting.delete(entry.message_id);
    if (outcome.kind === 'accepted') {
      const result = onAccepted(entry, outcome);
      waiting?.resolve(result);
    } else if (outcome.kind === 'refused') {
      const error = onRefused(entry, outcome.fault);
      waiting?.reject(error);
    }
  }
}
