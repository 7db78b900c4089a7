/**
 * When a user interface is told: once before the browser's next frame, however much has happened until
 * then. A page in the background draws no frames, nor does Node; they have a timer.
 */

/** Calls back once; returns what stops it. */
export type Schedule = (run: () => void) => () => void;

const FRAME_MS = 16;
/** A page that is hidden, or scrolled out of sight in a frame of its own, while it waits for one to draw. */
const NO_FRAME_MS = 1_000;

export const nextFrame: Schedule = (run) => {
  const draws =
    typeof requestAnimationFrame === 'function' &&
    globalThis.document?.visibilityState !== 'hidden';
  const due = () => {
    cancel();
    run();
  };
  const timer = setTimeout(due, draws ? NO_FRAME_MS : FRAME_MS);
  const frame = draws ? requestAnimationFrame(due) : null;
  const cancel = () => {
    clearTimeout(timer);
    if (frame !== null) cancelAnimationFrame(frame);
  };
  return cancel;
};
