/**
 * How long a reader that has just been sent a frame waits for the next one. On a quiet server not at all:
 * a word is on its way the moment it is durable. Under strain what comes meanwhile leaves together: at 50
 * words a second nothing else can save a frame, and a frame costs a server, and a phone, far more than the
 * words in it.
 */

/** A fixed time in milliseconds, or by itself. */
export type FrameWindowSetting = 'auto' | number;

/** The longest that anything is held back for: half of what a reader would notice. */
export const MAX_FRAME_WINDOW_MS = 50;
/** Less would save nothing: at 50 words a second it holds one. */
const MIN_FRAME_WINDOW_MS = 20;

/** The loop is busy from this share of its time on, and not any more below the other one. */
const BUSY_FROM = 0.85;
const BUSY_UNTIL = 0.5;

/** Behind by more than a bad network's round trip; and by as much as no network explains. */
const LAG_FROM_MS = 300;
const LAG_TO_MS = 1_500;

/** What a server's load asks for; `before` is what it asked for at the former look. */
export function windowForLoad(busy: number, before: number): number {
  if (busy < (before > 0 ? BUSY_UNTIL : BUSY_FROM)) return 0;
  return between((busy - BUSY_FROM) / (1 - BUSY_FROM));
}

/**
 * What a window holds together, it holds together on the way to the disk: commits begin this far apart, and
 * each thread's part of one is written, confirmed and sent as a whole. Undefined: by the load.
 */
export const commitIntervalFor = (setting: FrameWindowSetting): number | undefined =>
  setting === 'auto' ? undefined : setting;

/**
 * How far apart the frames of a reader are on account of the load. With every commit comes one, so they need
 * not be held back for as long again; half keeps them apart where commits come sooner.
 */
export const frameIntervalForLoad = (windowMs: number): number => windowMs / 2;

/**
 * What a reader's silence asks for.
 *
 * @param lagMs how long ago it was asked for an acknowledgement that has not come
 */
export const windowForLag = (lagMs: number): number =>
  lagMs < LAG_FROM_MS ? 0 : between((lagMs - LAG_FROM_MS) / (LAG_TO_MS - LAG_FROM_MS));

const between = (share: number): number =>
  MIN_FRAME_WINDOW_MS +
  Math.min(1, Math.max(0, share)) * (MAX_FRAME_WINDOW_MS - MIN_FRAME_WINDOW_MS);
