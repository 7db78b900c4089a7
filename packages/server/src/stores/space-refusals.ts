/** Tells of writes that a store has refused because it is nearly full. Shared by the stores. */

import { storageFullFault } from '@session-monitor/protocol/rules';
import { ServerError } from '../util/errors.js';
import type { SpaceRefusal } from './store.js';

export class SpaceRefusals {
  readonly #listeners = new Set<(refusal: SpaceRefusal) => void>();

  /** Returns the function that removes it. */
  onRefusal(listener: (refusal: SpaceRefusal) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(refusal: SpaceRefusal): void {
    for (const listener of this.#listeners) listener(refusal);
  }
}

/** What the caller of a refused write gets. */
export const storageFull = (message: string, cause?: Error): ServerError =>
  new ServerError('ERR_REFUSED', `${message} (${storageFullFault.code})`, {
    ...(cause && { cause }),
    fault: storageFullFault,
  });
