/** What the monitor needs of its platform: time, randomness, and notices of wake and sleep. */

export interface Environment {
  /** Milliseconds since 1970, for display. */
  wall(): number;
  /** Milliseconds that only go forward. */
  now(): number;
  /** From 0 to 1. */
  random(): number;
  /** At least 128 unpredictable bits in base64url's alphabet. */
  instance(): string;
  /** Calls back once; returns what stops it. */
  after(ms: number, fn: () => void): () => void;
  /** Calls back when the page is visible, online or thawed again. Returns the unsubscribe. */
  onWake(fn: () => void): () => void;
  /** Calls back when the page is about to enter the browser's cache or to be discarded. Returns the unsubscribe. */
  onSleep(fn: () => void): () => void;
}

/** Digits of five bits each: 130. */
const INSTANCE_LENGTH = 26;

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** The clock, the random source and the events of the browser or of Node. */
export const platform: Environment = {
  wall: () => Date.now(),
  now: () => performance.now(),
  random: () => Math.random(),
  instance: () =>
    Array.from(crypto.getRandomValues(new Uint8Array(INSTANCE_LENGTH)), (byte) =>
      (byte & 31).toString(32),
    ).join(''),
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    return () => clearTimeout(timer);
  },
  onSleep(fn) {
    if (typeof window === 'undefined') return () => {};
    return listenTo(window, 'pagehide', fn);
  },
  onWake(fn) {
    if (typeof window === 'undefined' || typeof document === 'undefined') return () => {};
    const onVisibility = () => document.visibilityState === 'visible' && fn();
    const onShow = (event: PageTransitionEvent) => event.persisted && fn();
    const offs = [
      listenTo(window, 'online', fn),
      listenTo(window, 'pageshow', onShow),
      listenTo(document, 'visibilitychange', onVisibility),
      // Chromium's page lifecycle: a frozen page goes on.
      listenTo(document, 'resume', fn),
    ];
    return () => {
      for (const off of offs) off();
    };
  },
};

/** Returns the unsubscribe. */
export function listenTo(
  target: EventTarget,
  event: string,
  listener: (event: never) => void,
): () => void {
  target.addEventListener(event, listener as EventListener);
  return () => target.removeEventListener(event, listener as EventListener);
}
