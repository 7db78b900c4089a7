/**
 * Detects a peer that sends requests and never reads (I9). Frames wait in the log for a slow reader; answers cannot:
 * they pile up in Engine.IO's buffer.
 */

/** Thousands of answers; an honest client has a handful under way. */
const MAX_WAITING_PACKETS = 5_000;
/** Above the largest frame, which may wait for a poll beside the answers. */
const MAX_WAITING_BYTES = 2 * 1024 * 1024;

/** Whether more waits on one connection than a peer that reads would let pile up. */
export const isOverfull = (packets: number, bytes: number): boolean =>
  packets > MAX_WAITING_PACKETS || bytes > MAX_WAITING_BYTES;
