/**
 * Trims logs. A log outgrows its limits by appends, so the logs that were appended to are trimmed at once. What has become
 * old, what is empty, and what a former process left, a walk over all logs finds, a part of it with each sweep.
 */

import type { ServerDeps } from '../server-deps.js';
import type { WorkBudget } from '../util/work-budget.js';
import { attempt } from './attempt.js';

/** Logs of one step, which are trimmed side by side. */
const LOGS_PER_STEP = 16;
/** One commit removes as many batches, each of a frame's size at most: some milliseconds. */
const BATCHES_PER_TRIM = 100;

export type LogSweepDeps = Pick<ServerDeps, 'store' | 'clock' | 'settings' | 'trace' | 'logger'>;

export class LogSweep {
  readonly #deps: LogSweepDeps;
  #stopped = false;
  /** The log that the walk was at last; the next part of it continues there. */
  #walked = '';

  constructor(deps: LogSweepDeps) {
    this.#deps = deps;
  }

  /** Ends a trim under way after its current step. */
  stop(): void {
    this.#stopped = true;
  }

  /** Trims the logs that this process has appended to since the last time. Resolves with whether all were. */
  async trimChanged(budget: WorkBudget): Promise<boolean> {
    const { logs } = this.#deps.store;
    for (;;) {
      const changed = logs.takeChanged(LOGS_PER_STEP);
      await Promise.all(changed.map((log_id) => this.#attempt(log_id, () => this.#trim(log_id))));
      if (changed.length < LOGS_PER_STEP) return true;
      if (!(await budget.next()) || this.#stopped) return false;
    }
  }

  /** A part of the walk: trims logs, and forgets those that have been empty for as long as events are kept. */
  async walk(budget: WorkBudget): Promise<void> {
    const { logs, threads: list } = this.#deps.store;
    do {
      const page = await logs.threads(this.#walked, LOGS_PER_STEP);
      const isEnd = page.length < LOGS_PER_STEP;
      this.#walked = isEnd ? '' : (page.at(-1) ?? '');
      await Promise.all(page.map((log_id) => this.#attempt(log_id, () => this.#visit(log_id))));
      await this.#attempt('the list of threads', async () => list.mend?.(page));
      if (isEnd) return;
    } while ((await budget.next()) && !this.#stopped);
  }

  #attempt(what: string, work: () => Promise<unknown>): Promise<unknown> {
    return attempt(this.#deps.logger, what, work);
  }

  async #visit(log_id: string): Promise<void> {
    const { store, clock, settings } = this.#deps;
    if (!(await this.#trim(log_id))) return;
    const idleSince = clock.wall() - (settings.retention.maxAgeMs ?? settings.sessionTtlMs);
    await store.logs.forgetIdle(log_id, idleSince);
  }

  /** Resolves with whether the log has no event left. */
  async #trim(log_id: string): Promise<boolean> {
    const { store, settings, trace } = this.#deps;
    const head = await store.logs.head(log_id);
    if (!head) return false;
    let base = head.base;
    for (let more = true; more && !this.#stopped; ) {
      const trimmed = await store.logs.trim(log_id, settings.retention, BATCHES_PER_TRIM);
      ({ base, more } = trimmed);
    }
    if (base > head.base) trace('trim', { thread_id: log_id, from: head.base + 1, to: base });
    return base >= head.offset;
  }
}
