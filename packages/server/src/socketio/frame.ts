/** A frame as text. What all readers of a slice share is put together once. */

import type { Frame } from '../threads/pump.js';
import type { Slice } from '../threads/slice.js';

/** The shared part of each slice's frame, for as long as the slice is in use. */
const shared = new WeakMap<Slice, string>();

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
  const parts = [
    ...(session_id === undefined ? [] : [`"session_id":${JSON.stringify(session_id)}`]),
    body(thread_id, frame),
    ...(frame.ack ? ['"ack":true'] : []),
    ...(frame.gap ? [`"gap":${JSON.stringify(frame.gap)}`] : []),
    ...(frame.reset ? [`"reset":${JSON.stringify(frame.reset)}`] : []),
  ];
  return `{${parts.join(',')}}`;
}

function body(thread_id: string, { slice, epoch, offset, cursor }: Frame): string {
  const known = slice && shared.get(slice);
  if (known !== undefined) return known;
  const head = JSON.stringify({ thread_id, epoch, offset, cursor }).slice(1, -1);
  const text = `${head},"events":[${slice?.json ?? ''}]`;
  if (slice) shared.set(slice, text);
  return text;
}
