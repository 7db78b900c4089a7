/** Removes the records of erased threads in the background, a few hundred per commit. */

import type { Entry, Environment, Operation, Range, Table } from './environment.js';
import type { GroupCommit } from './group-commit.js';
import { epochRange } from './keys.js';

/** How many records one commit removes, and how many bytes they hold. Keeps a commit within milliseconds. */
const RECORDS_PER_COMMIT = 500;
const BYTES_PER_COMMIT = 4 * 1024 * 1024;

/** Marks an epoch's records for removal. */
export const markForPurge = (epoch: string): Operation => ({
  table: 'graves',
  key: Buffer.from(epoch, 'latin1'),
  value: Buffer.of(1),
});

export class Purge {
  readonly #environment: Environment;
  readonly #commits: GroupCommit;
  readonly #clearJournal: () => Promise<boolean>;
  #running: Promise<void> | undefined;
  #stopped = false;

  /** @param clearJournal resolves with whether everything that was in the journal has left it */
  constructor(
    environment: Environment,
    commits: GroupCommit,
    clearJournal: () => Promise<boolean>,
  ) {
    this.#environment = environment;
    this.#commits = commits;
    this.#clearJournal = clearJournal;
  }

  /** Begins, or continues what a crash interrupted. */
  start(): void {
    if (this.#running) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
    });
    // A failed write stops the store; the next start continues.
    this.#running.catch(() => {});
  }

  /** Stops after the current commit. The marks stay for the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running?.catch(() => {});
  }

  async #run(): Promise<void> {
    for (let marked = this.#nextMarked(); marked && !this.#stopped; marked = this.#nextMarked()) {
      const { key } = marked;
      const range = { ...epochRange(key.toString('latin1')), limit: RECORDS_PER_COMMIT };
      await this.#empty('logs', range);
      await this.#empty('spans', range);
      await this.#empty('messages', range);
      // The mark stays until no record is left, so that the next start continues after a crash.
      if (this.#stopped || !(await this.#clearJournal())) return;
      await this.#commits.write(() => [{ table: 'graves', key, value: null }]);
    }
  }

  async #empty(table: 'logs' | 'spans' | 'messages', range: Range): Promise<void> {
    while (!this.#stopped) {
      const removals = this.#removals(table, range);
      if (removals.length === 0) return;
      await this.#commits.write(() => removals);
    }
  }

  /** Removals of the first records of a range. Reading a record reads its value. */
  #removals(table: Table, range: Range): readonly Operation[] {
    const removals: Operation[] = [];
    let bytes = 0;
    for (const { key, value } of this.#environment.range(table, range)) {
      removals.push({ table, key, value: null });
      bytes += value.length;
      if (bytes >= BYTES_PER_COMMIT) break;
    }
    return removals;
  }

  #nextMarked(): Entry | undefined {
    const [marked] = this.#environment.range('graves', { limit: 1 });
    return marked;
  }
}
