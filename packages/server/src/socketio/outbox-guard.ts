/**
 * Ends a connection whose peer asks and asks but never reads (I9). Frames wait in the log for a slow
 * reader; answers cannot: they pile up in Engine.IO's buffer.
 */

import type { Socket } from 'socket.io';

/** Thousands of answers; an honest client has a handful under way. */
const MAX_WAITING_PACKETS = 5_000;
/** Above the largest frame, which may wait for a poll beside the answers. */
const MAX_WAITING_BYTES = 2 * 1024 * 1024;

interface Packet {
  readonly data?: string | { readonly length: number };
}

/** Watches what waits to be written. Returns the end of it. */
export function guardOutbox({ conn }: Socket, onOverflow: () => void): () => void {
  let packets = 0;
  let bytes = 0;
  const onPacket = ({ data }: Packet) => {
    packets += 1;
    bytes += data?.length ?? 0;
    if (packets <= MAX_WAITING_PACKETS && bytes <= MAX_WAITING_BYTES) return;
    stop();
    onOverflow();
    // Without waiting for the buffer to drain: it does not.
    conn.close(true);
  };
  const onFlush = () => {
    packets = 0;
    bytes = 0;
  };
  const stop = () => {
    conn.off('packetCreate', onPacket);
    conn.off('flush', onFlush);
  };
  conn.on('packetCreate', onPacket);
  conn.on('flush', onFlush);
  return stop;
}
