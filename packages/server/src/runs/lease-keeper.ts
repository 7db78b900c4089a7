/**
 * Renews the leases of the runs that this node produces, while there are any. If another node has taken a run over,
 * this node ends it without writing: its end is written.
 */

import type { Cancel } from '../util/clock.js';
import { asError } from '../util/errors.js';
import type { LiveRun, RunsDeps } from './live-run.js';

/** Renewals per lease: one or two late ones lose nothing. */
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

  /** Starts renewing, until no run is left. */
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

  /** Never rejects: a failed renewal is tried again the next time. */
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
