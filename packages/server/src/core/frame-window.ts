/**
 * How long a reader waits between two frames. On a quiet server not at all: an event leaves the moment it is durable.
 * Under load, the events of that time leave in one frame: at 50 words a second nothing else can save a frame, and a
 * frame costs a server, and a phone, far more than the words in it.
 */

/** A fixed time in milliseconds, or `auto`: by load and lag. */
export type FrameWindowSetting = 'auto' | number;

/** The longest that an event is held back: half of what a user would notice. */
export const MAX_FRAME_WINDOW_MS = 50;
/** A shorter window saves nothing: at 50 words a second it holds one. */
const MIN_FRAME_WINDOW_MS = 20;

/** The loop counts as busy from the first share of its time on, until it falls below the second. */
const BUSY_FROM = 0.85;
const BUSY_UNTIL = 0.5;

/** More than a bad network's round trip, and more than any network explains. */
const LAG_FROM_MS = 300;
const LAG_TO_MS = 1_500;

/** The window for a server's load; `before` is the window at the last measurement. */
export function windowForLoad(busy: number, before: number): number {
  if (busy < (before > 0 ? BUSY_UNTIL : BUSY_FROM)) return 0;
  return between((busy - BUSY_FROM) / (1 - BUSY_FROM));
}

/**
 * How far apart commits begin. A fixed window also batches writes: each thread's part of a commit is written, confirmed
 * and sent as a whole. Undefined: by the load.
 */
export const commitIntervalFor = (setting: FrameWindowSetting): number | undefined =>
  setting === 'auto' ? undefined : setting;

/**
 * How far apart the load spreads a reader's frames. Every commit brings a frame, so frames need not wait as long again;
 * half the window keeps them apart where commits come sooner.
 */
export const frameIntervalForLoad = (windowMs: number): number => windowMs / 2;

/**
 * The window for a reader that owes an acknowledgement.
 *
 * @param lagMs how long ago the server asked for the acknowledgement
 */
export const windowForLag = (lagMs: number): number =>
  lagMs < LAG_FROM_MS ? 0 : between((lagMs - LAG_FROM_MS) / (LAG_TO_MS - LAG_FROM_MS));

const between = (share: number): number =>
  MIN_FRAME_WINDOW_MS +
  Math.min(1, Math.max(0, share)) * (MAX_FRAME_WINDOW_MS - MIN_FRAME_WINDOW_MS);
