/** Whether the user sees and uses the page: sent with each ping, so that the server can show it. */

import type { PageInfo, Plugin } from '../follower/plugin.js';

/** Input closer together than this is one input: a scroll is hundreds of events. */
const THROTTLE_MS = 1_000;

const INPUT_EVENTS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;
const LISTENING = { passive: true, capture: true };

/** Where there is no page it says nothing. */
export class PageActivity implements Plugin {
  #watching = false;
  #lastInputAt: number | null = null;

  start(): void {
    if (this.#watching || typeof window === 'undefined' || typeof document === 'undefined') return;
    this.#watching = true;
    for (const name of INPUT_EVENTS) window.addEventListener(name, this.#onInput, LISTENING);
  }

  stop(): void {
    if (!this.#watching) return;
    this.#watching = false;
    for (const name of INPUT_EVENTS) window.removeEventListener(name, this.#onInput, LISTENING);
  }

  pageInfo(): PageInfo | null {
    if (!this.#watching) return null;
    return {
      visible: document.visibilityState === 'visible',
      online: navigator.onLine,
      last_input_at: this.#lastInputAt === null ? null : new Date(this.#lastInputAt).toISOString(),
    };
  }

  readonly #onInput = (): void => {
    const now = Date.now();
    if (this.#lastInputAt === null || now - this.#lastInputAt >= THROTTLE_MS) {
      this.#lastInputAt = now;
    }
  };
}
