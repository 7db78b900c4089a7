/** Whether the user sees and uses the page, and whether it ran: sent with each ping, so that the server can show it. */

import type { Effect } from '../core/effects.js';
import type { CoreEvent, Timer } from '../core/events.js';
import type { PageInfo, Plugin, PluginContext } from '../follower/plugin.js';

/** Input closer together than this is one input: a scroll is hundreds of events. */
const THROTTLE_MS = 1_000;

const INPUT_EVENTS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;
/** Of the document, and Chromium's page lifecycle: the window gets them on the way to the document. */
const PAGE_EVENTS = ['visibilitychange', 'freeze', 'resume'] as const;
const EVENTS = [...INPUT_EVENTS, ...PAGE_EVENTS] as const;
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
  #lastInputAt: number | null = null;
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
      last_input_at: this.#lastInputAt === null ? null : new Date(this.#lastInputAt).toISOString(),
      frozen_ms:
        this.#now() - this.#thawedAt < TOLD_MS ? this.#thawedAt - this.#frozenAt : undefined,
    };
  }

  /** No event says that a page was stopped by a debugger, a dialog or the system. Its timers are late. */
  onStep(event: CoreEvent, effects: readonly Effect[]): void {
    if (!this.#watching) return;
    if (event.type === 'timer') this.#onTimer(event.timer);
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
    this.#due.set(timer, isWatched ? this.#now() + ms : Number.POSITIVE_INFINITY);
  }

  #onTimer(timer: Timer): void {
    const due = this.#due.get(timer);
    if (due !== undefined && this.#now() - due >= LATE_MS) this.#thawed(due);
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
    else if (this.#lastInputAt === null || now - this.#lastInputAt >= THROTTLE_MS) {
      this.#lastInputAt = now;
    }
  };
}
