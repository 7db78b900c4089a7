/**
 * What is known of the room in Redis: whether it has refused a write for want of memory (`maxmemory`) lately. It is not
 * asked ahead: another client may take the memory meanwhile.
 */

import type { Clock } from '../../util/clock.js';
import type { ServerError } from '../../util/errors.js';
import { SpaceRefusals, storageFull } from '../space-refusals.js';
import type { StoreSpace } from '../store.js';

/** Clients that were refused have tried again by then. */
const LATELY_MS = 30_000;

export class RedisSpace extends SpaceRefusals implements StoreSpace {
  readonly #clock: Pick<Clock, 'now'>;
  #refusedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'now'>) {
    super();
    this.#clock = clock;
  }

  get isFull(): boolean {
    return this.#clock.now() - this.#refusedAt < LATELY_MS;
  }

  /** Redis has refused a command. */
  refused(): void {
    this.#refusedAt = this.#clock.now();
    this.tell({});
  }
}

/** Redis checks its memory before the first write of a script: nothing was written. */
export const isOutOfMemory = ({ message }: Error): boolean => message.startsWith('OOM');

export const outOfMemory = (cause: Error): ServerError =>
  storageFull(
    'Redis is full (maxmemory). Nothing was written. Give it memory, or shorten the retention.',
    cause,
  );
