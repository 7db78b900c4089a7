/** A frame as text. The part that all readers of a slice share is built once. */

import type { Frame } from './pump.js';

/**
 * The `thread_events` payload as JSON.
 *
 * @param session_id left out where the connection follows the thread once
 */
export function encodeFrame(
  thread_id: string,
  frame: Frame,
  session_id: string | undefined,
): string {
  const { slice, epoch, offset, cursor, ack, gap, reset } = frame;
  // Ids, epochs and cursors are of letters that JSON leaves as they are.
  const session = session_id === undefined ? '' : `"session_id":"${session_id}",`;
  const place = `"thread_id":"${thread_id}","epoch":"${epoch}","offset":${offset},"cursor":"${cursor}"`;
  const asked = ack ? ',"ack":true' : '';
  const lost = gap ? `,"gap":${JSON.stringify(gap)}` : '';
  const changed = reset ? `,"reset":${JSON.stringify(reset)}` : '';
  return `{${session}${place},"events":[${slice?.json ?? ''}]${asked}${lost}${changed}}`;
}

/** Whether every reader of the frame's slice gets the same text, but for the request to acknowledge. */
export const isShared = ({ slice, gap, reset }: Frame): boolean =>
  slice !== undefined && gap === undefined && reset === undefined;
