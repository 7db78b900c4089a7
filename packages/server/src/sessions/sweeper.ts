/**
 * Cleans up due sessions, logs and runs, and what a former process left. Each part of a sweep has a budget of time, and
 * gives the event loop back after each small step. A sweep that does not get done goes on a moment later.
 */

import { awayExpiry } from '@session-monitor/protocol/rules';
import type { Runs } from '../runs/runs.js';
import type { ServerDeps } from '../server-deps.js';
import type { SessionRecord } from '../stores/store.js';
import type { Cancel } from '../util/clock.js';
import { isoTime } from '../util/iso-time.js';
import { WorkBudget } from '../util/work-budget.js';
import { attempt } from './attempt.js';
import { endSession } from './disconnect-handler.js';
import { watchIdle } from './idle-watch.js';
import { LogSweep } from './log-sweep.js';
import type { Registry } from './registry.js';

/** What each part of a sweep may use. Twice the pause: under a flood it still cleans up faster than one client can make. */
const BUDGET_MS = 200;
/** The pause before a sweep that was not done goes on. */
const PAUSE_MS = 100;
/** Sessions of one step: a few milliseconds. */
const SESSIONS_PER_STEP = 100;
const RUNS_PER_STEP = 100;

/** The shortest time for which no other node cleans up after a sweep. */
const MIN_LEASE_MS = 2_000;

export interface SweeperDeps extends ServerDeps {
  readonly registry: Registry;
  readonly runs: Pick<Runs, 'recover'>;
  /**
   * Whether a connected session is of a former process of this server. Absent on a shared store, where nodes look for lost
   * nodes (`nodes/membership.ts`).
   */
  readonly isLeft?: (record: SessionRecord) => boolean;
}

export class Sweeper {
  readonly #deps: SweeperDeps;
  readonly #logs: LogSweep;
  #cancel: Cancel | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;
  /** When the parts of a sweep that have their interval come next, in monotonic milliseconds. */
  #roundAt = Number.NEGATIVE_INFINITY;
  /** The last record that was looked at for what a former process left; undefined when all were. */
  #recovered: string | undefined;

  constructor(deps: SweeperDeps) {
    this.#deps = deps;
    this.#logs = new LogSweep(deps);
    this.#recovered = deps.isLeft && '';
  }

  start(): void {
    const { clock, settings } = this.#deps;
    this.#roundAt = clock.now() + settings.sweepIntervalMs;
    this.#plan(this.#recovered === undefined);
  }

  #plan(isDone: boolean): void {
    if (this.#stopped) return;
    const { clock } = this.#deps;
    const untilRound = Math.max(1, this.#roundAt - clock.now());
    this.#cancel = clock.after(isDone ? untilRound : Math.min(PAUSE_MS, untilRound), () => {
      this.#running = this.sweep().then((done) => this.#plan(done));
    });
  }

  /** Resolves when a sweep that was under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#logs.stop();
    this.#cancel?.();
    await this.#running;
  }

  /** One sweep. Resolves with whether all was done. Never rejects: failed work is due again the next time. */
  async sweep(): Promise<boolean> {
    const { clock, settings } = this.#deps;
    // A timer may call a little early.
    const isRound = clock.now() + 1 >= this.#roundAt;
    if (isRound) {
      this.#roundAt = clock.now() + settings.sweepIntervalMs;
      await this.#attempt('idle sessions', () => watchIdle(this.#deps));
    }
    const isOurs = await this.#isOurs();
    const recovered = await this.#attempt('sessions of a former process', () => this.#recover());
    const expired = !isOurs || (await this.#attempt('sessions', () => this.#sweepSessions()));
    // Each node trims what it has written itself.
    const trimmed = await this.#attempt('logs', () => this.#logs.trimChanged(this.#budget()));
    if (isRound && isOurs) {
      await this.#attempt('all logs', () => this.#logs.walk(this.#budget()));
      await this.#attempt('runs', () => this.#sweepRuns());
    }
    return recovered !== false && expired !== false && trimmed !== false;
  }

  #budget(): WorkBudget {
    return new WorkBudget(this.#deps.clock, BUDGET_MS);
  }

  /** On a shared store, one node at a time cleans up. */
  async #isOurs(): Promise<boolean> {
    const { store, node, settings } = this.#deps;
    if (!store.nodes) return true;
    const ttlMs = Math.max(MIN_LEASE_MS, 2 * settings.sweepIntervalMs);
    return store.nodes.tryAcquireLease('clean-up', node, ttlMs).catch(() => false);
  }

  #attempt<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    return attempt(this.#deps.logger, what, work);
  }

  /** Repeats a step until it has nothing left to do, or the time is up. Resolves with whether it is done. */
  async #work(step: () => Promise<'more' | 'done'>): Promise<boolean> {
    const budget = this.#budget();
    while ((await step()) === 'more') {
      if (!(await budget.next()) || this.#stopped) return false;
    }
    return true;
  }

  /** A client may come back before: whether its session is still marked as connected makes no difference to it. */
  async #recover(): Promise<boolean> {
    const { registry, isLeft } = this.#deps;
    if (!isLeft || this.#recovered === undefined) return true;
    return this.#work(async () => {
      this.#recovered = (await registry.recoverSome(isLeft, this.#recovered ?? '')).last;
      return this.#recovered === undefined ? 'done' : 'more';
    });
  }

  #sweepSessions(): Promise<boolean> {
    const { sessions } = this.#deps.store;
    return this.#work(async () => {
      const due = await sessions.due(this.#deps.clock.wall(), SESSIONS_PER_STEP);
      const settled = await Promise.all(due.map((record) => this.#settle(record)));
      // Records that others write at this moment are looked at the next time.
      return due.length === SESSIONS_PER_STEP && settled.includes(true) ? 'more' : 'done';
    });
  }

  /** Turns a disconnected session into a tombstone, and removes a tombstone. Resolves with whether it did. */
  async #settle(record: SessionRecord): Promise<boolean> {
    const { store, clock, settings, trace } = this.#deps;
    const { session_id, thread_id } = record;
    if (record.state === 'expired') {
      const removed = await store.sessions.remove(record);
      if (removed) trace('forget', { session_id, thread_id });
      return removed;
    }
    const now = clock.wall();
    const away_ms = now - record.since;
    const expiry = awayExpiry(isoTime(now), away_ms);
    const ended = await endSession(store.sessions, record, expiry, now, settings);
    if (ended) trace('expire', { session_id, thread_id, reason: expiry.reason, away_ms });
    return ended;
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
    await this.#work(async () => {
      const closed = await store.runs.prune(clock.wall() - maxAgeMs, RUNS_PER_STEP);
      for (const run of closed) {
        if (run.log_id !== run.thread_id) await store.logs.delete(run.log_id);
      }
      return closed.length === RUNS_PER_STEP ? 'more' : 'done';
    });
  }
}
