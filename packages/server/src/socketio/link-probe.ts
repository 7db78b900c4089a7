/**
 * Whether the far end of a connection answers by itself. A browser answers a WebSocket ping also while its page stands still: that
 * tells a page that hangs from a link that is half open. A polling client has the next poll open as soon as it has read an answer.
 */

import type { Socket } from 'socket.io';
import type { Cancel, Clock } from '../util/clock.js';

/** What is used of a transport of Engine.IO's: `ws` below a WebSocket, which a server may have replaced. */
interface ProbedTransport {
  readonly name: string;
  readonly writable: boolean;
  readonly socket?: Partial<ProbedWebSocket>;
  once(event: 'ready', listener: () => void): unknown;
  off(event: 'ready', listener: () => void): unknown;
}

interface ProbedWebSocket {
  ping(): void;
  once(event: 'pong', listener: () => void): unknown;
  off(event: 'pong', listener: () => void): unknown;
}

/**
 * Resolves with whether it answers within `ms`; null where nothing can be asked: an open poll does not show that its client lives.
 */
export async function probeLink(
  { conn }: Socket,
  ms: number,
  clock: Pick<Clock, 'after'>,
): Promise<boolean | null> {
  const transport = conn.transport as unknown as ProbedTransport;
  if (transport.name === 'polling') {
    return transport.writable ? null : answered(transport, 'ready', ms, clock);
  }
  const { socket } = transport;
  if (!socket || !isProbed(socket)) return null;
  const pong = answered(socket, 'pong', ms, clock);
  socket.ping();
  return pong;
}

const isProbed = (socket: Partial<ProbedWebSocket>): socket is ProbedWebSocket =>
  [socket.ping, socket.once, socket.off].every((each) => typeof each === 'function');

interface Emitter<Event extends string> {
  once(event: Event, listener: () => void): unknown;
  off(event: Event, listener: () => void): unknown;
}

/** Whether an event comes in time. */
function answered<Event extends string>(
  emitter: Emitter<Event>,
  event: Event,
  ms: number,
  { after }: Pick<Clock, 'after'>,
): Promise<boolean> {
  return new Promise((resolve) => {
    let cancel: Cancel = () => {};
    const onAnswer = () => {
      cancel();
      resolve(true);
    };
    cancel = after(ms, () => {
      emitter.off(event, onAnswer);
      resolve(false);
    });
    emitter.once(event, onAnswer);
  });
}
