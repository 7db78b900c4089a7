/** Watches the records of sessions where they are stored: their generations only grow (I6). */

import type { SessionRecord } from '../../../packages/server/src/stores/store.js';
import type { Checker } from './checker.js';
import type { Owners } from './owners.js';

export class SessionWatch {
  readonly #checker: Checker;
  readonly #owners: Owners;
  readonly #generations = new Map<string, number>();

  constructor(checker: Checker, owners: Owners) {
    this.#checker = checker;
    this.#owners = owners;
  }

  /** @param record undefined if it was removed */
  written(session_id: string, record: SessionRecord | undefined): void {
    if (!record) {
      this.#generations.delete(session_id);
      this.#owners.removed(session_id);
      return;
    }
    const { generation } = record;
    const former = this.#generations.get(session_id) ?? 0;
    this.#checker.expect(generation >= former, 'I6', () => {
      return `session ${session_id} of generation ${former} was overwritten with ${generation}`;
    });
    this.#generations.set(session_id, generation);
    this.#owners.stored(record);
  }

  /** The data were put back: earlier knowledge of sessions is void. */
  putBack(lossy: boolean): void {
    this.#generations.clear();
    this.#owners.forget(lossy);
  }
}
