/** Whether the user sees and uses the page: sent with each ping, so that the server can show it. */

import type { PageInfo, Plugin } from '../follower/plugin.js';

/** Input closer together than this is one input: a scroll is hundreds of events. */
const THROTTLE_MS = 1_000;

const INPUT_EVENTS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;
/** Chromium's page lifecycle, which the window gets on the way to the document. */
const EVENTS = [...INPUT_EVENTS, 'freeze', 'resume'] as const;
const LISTENING = { passive: true, capture: true };
/** How long pings tell of a freeze: the first ones may be lost. */
const TOLD_MS = 60_000;

/** Where there is no page it says nothing. */
export class PageActivity implements Plugin {
  #watching = false;
  #lastInputAt: number | null = null;
  #frozenAt = 0;
  #thawedAt = 0;

  start(): void {
    if (this.#watching || typeof window === 'undefined' || typeof document === 'undefined') return;
    this.#watching = true;
    for (const name of EVENTS) window.addEventListener(name, this.#onEvent, LISTENING);
  }

  stop(): void {
    if (!this.#watching) return;
    this.#watching = false;
    for (const name of EVENTS) window.removeEventListener(name, this.#onEvent, LISTENING);
  }

  pageInfo(): PageInfo | null {
    if (!this.#watching) return null;
    return {
      visible: document.visibilityState === 'visible',
      online: navigator.onLine,
      last_input_at: this.#lastInputAt === null ? null : new Date(this.#lastInputAt).toISOString(),
      frozen_ms:
        Date.now() - this.#thawedAt < TOLD_MS ? this.#thawedAt - this.#frozenAt : undefined,
    };
  }

  readonly #onEvent = ({ type }: Event): void => {
    const now = Date.now();
    if (type === 'freeze') this.#frozenAt = now;
    else if (type === 'resume') this.#thawedAt = now;
    else if (this.#lastInputAt === null || now - this.#lastInputAt >= THROTTLE_MS) {
      this.#lastInputAt = now;
    }
  };
}
