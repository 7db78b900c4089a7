/** Cleans up due sessions, logs and runs, a little at a time. */

import { awayExpiry } from '@session-monitor/protocol/rules';
import type { Runs } from '../runs/runs.js';
import type { ServerDeps } from '../server-deps.js';
import type { SessionRecord } from '../stores/store.js';
import type { Cancel } from '../util/clock.js';
import { asError } from '../util/errors.js';
import { isoTime } from '../util/iso-time.js';
import { endSession } from './disconnect-handler.js';
import { watchIdle } from './idle-watch.js';
import type { Registry } from './registry.js';

/** The limits of one sweep, which shares the event loop with everything else. */
const SESSIONS_PER_SWEEP = 500;
const THREADS_PER_SWEEP = 1_000;
const BATCHES_PER_TRIM = 500;
const RUNS_PER_SWEEP = 200;

/** The shortest time for which no other node cleans up after a sweep. */
const MIN_LEASE_MS = 2_000;

export interface SweeperDeps extends ServerDeps {
  readonly registry: Registry;
  readonly runs: Pick<Runs, 'recover'>;
}

export class Sweeper {
  readonly #deps: SweeperDeps;
  #cancel: Cancel | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;
  /** The thread that was swept last; the next sweep continues after it. */
  #thread = '';

  constructor(deps: SweeperDeps) {
    this.#deps = deps;
  }

  start(): void {
    if (this.#stopped) return;
    const { clock, settings } = this.#deps;
    this.#cancel = clock.after(settings.sweepIntervalMs, () => {
      this.#running = this.sweep().finally(() => this.start());
    });
  }

  /** Resolves when a sweep that was under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#running;
  }

  /** One sweep. Never rejects: failed work is due again the next time. */
  async sweep(): Promise<void> {
    await this.#try('idle sessions', () => watchIdle(this.#deps));
    if (!(await this.#isOurs())) return;
    await this.#try('sessions', () => this.#sweepSessions());
    await this.#try('logs', () => this.#sweepLogs());
    await this.#try('runs', () => this.#sweepRuns());
  }

  /** On a shared store, one node at a time cleans up. */
  async #isOurs(): Promise<boolean> {
    const { store, node, settings } = this.#deps;
    if (!store.nodes) return true;
    const ttlMs = Math.max(MIN_LEASE_MS, 2 * settings.sweepIntervalMs);
    return store.nodes.tryAcquireLease('clean-up', node, ttlMs).catch(() => false);
  }

  /** A failure in one part must not stop the clean-up of the others. */
  async #try(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#deps.logger.error({ err: asError(error), what }, 'A clean-up failed; it is retried');
    }
  }

  async #sweepSessions(): Promise<void> {
    const { store, clock } = this.#deps;
    const due = await store.sessions.due(clock.wall(), SESSIONS_PER_SWEEP);
    await Promise.all(due.map((record) => this.#settle(record)));
  }

  /** Turns a disconnected session into a tombstone, and removes a tombstone. */
  async #settle(record: SessionRecord): Promise<void> {
    const { store, clock, settings, trace } = this.#deps;
    const { session_id, thread_id } = record;
    if (record.state === 'expired') {
      await store.sessions.remove(record);
      trace('forget', { session_id, thread_id });
      return;
    }
    const now = clock.wall();
    const away_ms = now - record.since;
    const expiry = awayExpiry(isoTime(now), away_ms);
    if (await endSession(store.sessions, record, expiry, now, settings)) {
      trace('expire', { session_id, thread_id, reason: expiry.reason, away_ms });
    }
  }

  async #sweepLogs(): Promise<void> {
    const { logs } = this.#deps.store;
    const threads = await logs.threads(this.#thread, THREADS_PER_SWEEP);
    this.#thread = threads.length < THREADS_PER_SWEEP ? '' : (threads.at(-1) ?? '');
    for (const thread_id of threads) await this.#try(thread_id, () => this.#sweepLog(thread_id));
    const { threads: list } = this.#deps.store;
    await this.#try('the list of threads', async () => list.mend?.(threads));
  }

  /** Trims a thread, and forgets it once it has been empty for as long as events are kept. */
  async #sweepLog(thread_id: string): Promise<void> {
    const { store, clock, settings, trace } = this.#deps;
    const head = await store.logs.head(thread_id);
    if (!head) return;
    let base = head.base;
    for (let more = true; more && !this.#stopped; ) {
      const trimmed = await store.logs.trim(thread_id, settings.retention, BATCHES_PER_TRIM);
      ({ base, more } = trimmed);
    }
    if (base > head.base) trace('trim', { thread_id, from: head.base + 1, to: base });
    if (base < head.offset) return;
    const idleSince = clock.wall() - (settings.retention.maxAgeMs ?? settings.sessionTtlMs);
    await store.logs.forgetIdle(thread_id, idleSince);
  }

  /**
   * Ends the open runs of lost nodes, and forgets ended runs. A run is known for as long as events are kept: a repeated
   * post finds it (I8).
   */
  async #sweepRuns(): Promise<void> {
    const { runs, store, clock, settings } = this.#deps;
    await runs.recover();
    const { maxAgeMs } = settings.retention;
    if (maxAgeMs === undefined) return;
    const closed = await store.runs.prune(clock.wall() - maxAgeMs, RUNS_PER_SWEEP);
    for (const run of closed) {
      if (run.log_id !== run.thread_id) await store.logs.delete(run.log_id);
    }
  }
}
