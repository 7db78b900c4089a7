/**
 * What is known of the room in Redis: whether it has refused a write for want of memory (`maxmemory`) lately. It is not
 * asked ahead: another client may take the memory meanwhile.
 */

import { storageFullFault } from '@session-monitor/protocol/rules';
import type { Clock } from '../../util/clock.js';
import { ServerError } from '../../util/errors.js';
import type { SpaceRefusal, StoreSpace } from '../store.js';

/** Clients that were refused have tried again by then. */
const LATELY_MS = 30_000;

export class RedisSpace implements StoreSpace {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #listeners = new Set<(refusal: SpaceRefusal) => void>();
  #refusedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  get isFull(): boolean {
    return this.#clock.now() - this.#refusedAt < LATELY_MS;
  }

  onRefusal(listener: (refusal: SpaceRefusal) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Redis has refused a command. */
  refused(): void {
    this.#refusedAt = this.#clock.now();
    for (const listener of this.#listeners) listener({});
  }
}

/** Redis checks its memory before the first write of a script: nothing was written. */
export const isOutOfMemory = ({ message }: Error): boolean => message.startsWith('OOM');

export const outOfMemory = (cause: Error): ServerError =>
  new ServerError(
    'ERR_REFUSED',
    'Redis is full (maxmemory). Nothing was written. Give it memory, or shorten the retention. (storage_full)',
    { cause, fault: storageFullFault },
  );
