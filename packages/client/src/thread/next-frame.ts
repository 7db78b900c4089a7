/**
 * When a view notifies a user interface: once before the browser's next frame, however much has happened until
 * then. A page in the background draws no frames, nor does Node; a timer runs there instead.
 */

/** Calls back once; returns what stops it. */
export type Schedule = (run: () => void) => () => void;

const FRAME_MS = 16;
/** For a page that is hidden, or an iframe that scrolls out of sight, while it waits for a frame to draw. */
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
