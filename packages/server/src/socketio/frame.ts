/** A frame as text. What readers of a slice have in common is put together once. */

import type { Frame } from '../threads/pump.js';

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
  const parts = [
    ...(session_id === undefined ? [] : [`"session_id":${JSON.stringify(session_id)}`]),
    JSON.stringify({ thread_id, epoch, offset, cursor }).slice(1, -1),
    `"events":[${slice?.json ?? ''}]`,
    ...(ack ? ['"ack":true'] : []),
    ...(gap ? [`"gap":${JSON.stringify(gap)}`] : []),
    ...(reset ? [`"reset":${JSON.stringify(reset)}`] : []),
  ];
  return `{${parts.join(',')}}`;
}

/** Whether every reader of the frame's slice gets the same text, but for the request to acknowledge. */
export const isShared = ({ slice, gap, reset }: Frame): boolean =>
  slice !== undefined && gap === undefined && reset === undefined;
