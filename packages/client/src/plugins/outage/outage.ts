/**
 * Outages: a monitor that has no session for five seconds says why, as far as it can be known here, and when the next
 * attempt is due.
 *
 *     quiet ──no session──► waiting ──5 s──► announced
 *       ▲                      │                 │
 *       └──── session, stopped, failed ──────────┘
 */

import type { Effect } from '../../core/effects.js';
import type { CoreEvent } from '../../core/events.js';
import { isCutOff, RETRY_RULES } from '../../core/retrying.js';
import type { Plugin, PluginContext } from '../../follower/plugin.js';
import type { SessionMonitorStatus } from '../../follower/status.js';
import { describe, type OutageCause, reasonOf } from './outage-reason.js';

/** A blip or a restart is over by then: a user needs no message about it. */
const ANNOUNCE_AFTER_MS = 5_000;
/** An attempt is given this long before `retry` begins another one. */
const ATTEMPT_MS = 2_000;

export class OutageWatch implements Plugin {
  readonly rules = RETRY_RULES;
  readonly #context: PluginContext;
  /** Stops the wait; undefined while there is no outage. */
  #stopWaiting: (() => void) | undefined;
  #announced = false;
  #cause: OutageCause = { kind: 'none' };
  #nextAttemptAt: number | null = null;
  /** When the attempt that is under way began, in monotonic milliseconds. */
  #attemptAt = Number.NEGATIVE_INFINITY;
  /** Attempts that Socket.IO's manager has begun in a row. */
  #attempts = 0;

  constructor(context: PluginContext) {
    this.#context = context;
  }

  get status(): Partial<SessionMonitorStatus> {
    if (!this.#announced) return {};
    return { reason: this.#reason(), next_attempt_at: this.#nextAttemptAt };
  }

  /** Tries now, unless an attempt is under way that has just begun. */
  retry(): void {
    const { environment, dispatch } = this.#context;
    if (environment.now() - this.#attemptAt >= ATTEMPT_MS) dispatch({ type: 'retry' });
  }

  onStep(event: CoreEvent, effects: readonly Effect[]): void {
    this.#onEvent(event);
    for (const effect of effects) this.#onEffect(effect);
    if (isCutOff(this.#context.state())) this.#wait();
    else this.#end();
  }

  #onEvent(event: CoreEvent): void {
    switch (event.type) {
      case 'link_down':
        this.#attempts = 0;
        if (event.end !== 'monitor') this.#cause = { kind: 'lost', by: event.end };
        this.#plan(event.managed ? this.#socketIoWaitMs() : undefined);
        return;
      case 'link_failed':
        if (event.error) {
          const message = describe(event.error);
          // An outage is many attempts: the log has room for other lines, too.
          if (this.#cause.message !== message) this.#context.log(message);
          this.#cause = { kind: 'unreachable', message };
        }
        this.#plan(event.managed ? this.#socketIoWaitMs() : undefined);
        return;
      case 'link_attempt':
        this.#attempts += 1;
        this.#begin();
        return;
      case 'link_up':
        this.#cause = { kind: 'none' };
        this.#plan(undefined);
        return;
      case 'receipt':
        if (event.receipt && !event.receipt.ok) {
          this.#cause = { kind: 'refused', message: event.receipt.error.message };
        }
        return;
      case 'timer':
        if (event.timer === 'connect') this.#cause = { kind: 'none' };
        return;
      // A page that was put away has tried nothing meanwhile.
      case 'wake':
        if (!this.#announced) this.#end();
        return;
      default:
    }
  }

  #onEffect(effect: Effect): void {
    if (effect.type === 'connect') this.#begin();
    if (effect.type !== 'set_timer') return;
    if (effect.timer === 'reconnect') this.#plan(effect.ms);
    // Only after a refusal does this timer stand for the next attempt.
    const isUnanswered = this.#context.state().unanswered > 0;
    if (effect.timer === 'register') this.#plan(isUnanswered ? undefined : effect.ms);
  }

  #begin(): void {
    this.#plan(undefined);
    this.#attemptAt = this.#context.environment.now();
  }

  /** No attempt is under way; the next one is due in so many milliseconds, if that is known. */
  #plan(ms: number | undefined): void {
    this.#attemptAt = Number.NEGATIVE_INFINITY;
    const wall = this.#context.environment.wall();
    this.#nextAttemptAt = ms === undefined ? null : Math.round(wall + ms);
  }

  /** The longest wait of Socket.IO's manager: it draws its waits at random, and does not show them. */
  #socketIoWaitMs(): number | undefined {
    const { io } = this.#context.socket;
    const longest = Number(io.reconnectionDelay?.()) * (1 + Number(io.randomizationFactor?.()));
    const ms = Math.min(longest * 2 ** this.#attempts, Number(io.reconnectionDelayMax?.()));
    return Number.isFinite(ms) ? ms : undefined;
  }

  #wait(): void {
    const { environment, statusChanged, emitError } = this.#context;
    this.#stopWaiting ??= environment.after(ANNOUNCE_AFTER_MS, () => {
      this.#announced = true;
      statusChanged();
      emitError('no_connection', this.#reason());
    });
  }

  #reason(): string {
    const { state, isFetchingToken } = this.#context;
    return reasonOf(state(), this.#cause, isFetchingToken());
  }

  #end(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
    this.#announced = false;
    this.#cause = { kind: 'none' };
  }
}
