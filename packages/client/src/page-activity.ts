/** Whether somebody looks at the page: sent with each ping, so that the server knows and can show it. */

/** Input closer together than this is one input: a scroll is hundreds of events. */
const THROTTLE_MS = 1_000;

const INPUT_EVENTS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;

/** As it travels in `client_info`. */
export interface PageInfo {
  readonly visible: boolean;
  readonly online: boolean;
  /** ISO 8601; null for a page that had no input yet. */
  readonly last_input_at: string | null;
}

export interface PageActivity {
  info(): PageInfo;
  /** Removes the listeners. */
  stop(): void;
}

/** Begins to watch; null where there is no page. */
export function watchPage(): PageActivity | null {
  if (typeof window === 'undefined' || typeof document === 'undefined') return null;
  let lastInputAt: number | null = null;
  const onInput = () => {
    const now = Date.now();
    if (lastInputAt === null || now - lastInputAt >= THROTTLE_MS) lastInputAt = now;
  };
  const options = { passive: true, capture: true };
  for (const name of INPUT_EVENTS) window.addEventListener(name, onInput, options);
  return {
    info: () => ({
      visible: document.visibilityState === 'visible',
      online: navigator.onLine,
      last_input_at: lastInputAt === null ? null : new Date(lastInputAt).toISOString(),
    }),
    stop: () => {
      for (const name of INPUT_EVENTS) window.removeEventListener(name, onInput, options);
    },
  };
}
