/** Ends a connection without waiting for its peer, which may read nothing and answer nothing. */

/** The parts of an Engine.IO socket that this uses. */
export interface EndableSocket {
  readonly transport: object;
  close(discard: boolean): unknown;
}

interface TransportParts {
  /** How long a polling transport waits for a poll to say goodbye to, in milliseconds; by default half a minute. */
  closeTimeout?: number;
  /** Of a polling transport that waits for that poll already: ends it. */
  shouldClose?: (() => void) | null;
  /** Of a WebSocket transport. */
  readonly socket?: { terminate?(): void };
}

export function endNow(socket: EndableSocket): void {
  const transport = socket.transport as TransportParts;
  if (transport.closeTimeout !== undefined) transport.closeTimeout = 0;
  socket.close(true);
  transport.shouldClose?.();
  // Else it would wait half a minute for the answer to its closing frame.
  transport.socket?.terminate?.();
}
