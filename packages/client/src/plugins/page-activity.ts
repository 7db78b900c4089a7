/** Whether the user sees and uses the page, and whether it ran: sent with each ping, so that the server can show it. */

import type { Effect } from '../core/effects.js';
import type { CoreEvent, Timer } from '../core/events.js';
import type { PageInfo, Plugin, PluginContext } from '../follower/plugin.js';

/** Input closer together than this is one input: a scroll is hundreds of events. */
const THROTTLE_MS = 1_000;

/** Input, and what the window gets on its way to the document: visibility, and Chromium's page lifecycle. */
const EVENTS = [
  'pointerdown',
  'pointermove',
  'keydown',
  'wheel',
  'touchstart',
  'visibilitychange',
  'freeze',
  'resume',
] as const;
const LISTENING = { passive: true, capture: true };
/** How long pings tell of a freeze: the first ones may be lost. */
const TOLD_MS = 60_000;
/** Busy pages delay timers, but not for so long. */
const LATE_MS = 2_000;

/** Where there is no page it says nothing. */
export class PageActivity implements Plugin {
  readonly #context: Pick<PluginContext, 'environment' | 'log'>;
  /**
   * When the timers of the core are due, while the page stays in the foreground: browsers delay those of pages in the
   * background. Milliseconds since 1970, because the other clock stands still while the computer sleeps.
   */
  readonly #due = new Map<Timer, number>();
  #watching = false;
  /** Milliseconds since 1970; 0 before the first input. */
  #lastInputAt = 0;
  #frozenAt = 0;
  #thawedAt = 0;

  constructor(context: Pick<PluginContext, 'environment' | 'log'>) {
    this.#context = context;
  }

  start(): void {
    if (this.#watching || typeof window === 'undefined' || typeof document === 'undefined') return;
    this.#watching = true;
    for (const name of EVENTS) window.addEventListener(name, this.#onEvent, LISTENING);
  }

  stop(): void {
    if (!this.#watching) return;
    this.#watching = false;
    this.#due.clear();
    for (const name of EVENTS) window.removeEventListener(name, this.#onEvent, LISTENING);
  }

  pageInfo(): PageInfo | null {
    if (!this.#watching) return null;
    return {
      visible: document.visibilityState === 'visible',
      online: navigator.onLine,
      last_input_at: this.#lastInputAt ? new Date(this.#lastInputAt).toISOString() : null,
      frozen_ms:
        this.#now() - this.#thawedAt < TOLD_MS ? this.#thawedAt - this.#frozenAt : undefined,
    };
  }

  /** No event says that a page was stopped by a debugger, a dialog or the system. Its timers are late. */
  onStep(event: CoreEvent, effects: readonly Effect[]): void {
    if (!this.#watching) return;
    const due = event.type === 'timer' && this.#due.get(event.timer);
    if (due && this.#now() - due >= LATE_MS) this.#thawed(due);
    for (const effect of effects) {
      if (effect.type === 'set_timer') this.#expect(effect.timer, effect.ms);
    }
  }

  #now(): number {
    return this.#context.environment.wall();
  }

  #expect(timer: Timer, ms: number): void {
    // That of a registration begins when the app has given a token.
    const isWatched = timer !== 'register' && document.visibilityState === 'visible';
    if (isWatched) this.#due.set(timer, this.#now() + ms);
    else this.#due.delete(timer);
  }

  #thawed(frozenAt: number): void {
    this.#frozenAt = frozenAt;
    this.#thawedAt = this.#now();
    this.#due.clear();
    this.#context.log(`The page stood still for ${this.#thawedAt - frozenAt} ms`);
  }

  readonly #onEvent = ({ type }: Event): void => {
    const now = this.#now();
    if (type === 'visibilitychange') this.#due.clear();
    else if (type === 'freeze') this.#frozenAt = now;
    else if (type === 'resume') this.#thawed(this.#frozenAt);
    else if (now - this.#lastInputAt >= THROTTLE_MS) this.#lastInputAt = now;
  };
}
