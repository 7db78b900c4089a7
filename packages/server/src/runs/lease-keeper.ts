/**
 * Keeps the leases of the runs that are produced here, while there are any. Where a lease cannot be kept
 * because another node has taken the run over, the run is ended without a word: its end is written.
 */

import type { Cancel } from '../util/clock.js';
import { asError } from '../util/errors.js';
import type { LiveRun, RunsDeps } from './live-run.js';

/** A lease is renewed this often before it is over: a late renewal or two lose nothing. */
const RENEWALS_PER_LEASE = 3;

export interface LeaseKeeperDeps extends Pick<RunsDeps, 'store' | 'clock' | 'settings' | 'logger'> {
  readonly live: ReadonlyMap<string, LiveRun>;
}

export class LeaseKeeper {
  readonly #deps: LeaseKeeperDeps;
  #cancel: Cancel | undefined;

  constructor(deps: LeaseKeeperDeps) {
    this.#deps = deps;
  }

  /** Goes on until no run is left. */
  start(): void {
    if (this.#cancel) return;
    const { clock, settings } = this.#deps;
    this.#cancel = clock.after(settings.runLeaseMs / RENEWALS_PER_LEASE, () => {
      this.#cancel = undefined;
      void this.#renew();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Never rejects: what could not be renewed is tried again the next time. */
  async #renew(): Promise<void> {
    const { live, logger } = this.#deps;
    if (live.size === 0) return;
    const renewed = await Promise.allSettled([...live.values()].map((run) => this.#renewOne(run)));
    for (const result of renewed) {
      if (result.status === 'rejected') {
        logger.error({ err: asError(result.reason) }, 'The lease of a run could not be renewed');
      }
    }
    if (live.size > 0) this.start();
  }

  async #renewOne(run: LiveRun): Promise<void> {
    const { store, clock, settings } = this.#deps;
    const { record } = run;
    if (!record) return;
    const until = clock.wall() + settings.runLeaseMs;
    const held = await store.runs.renew(record, record.token, until);
    if (!held) run.abort('fenced');
  }
}
