/**
 * A client that reads and does not say so. From a moment on, what leaves the socket tells the server the
 * offset of that moment; the monitor knows nothing of it, and applies on.
 */

import type { Socket } from 'socket.io-client';

/** Messages that tell the server how far this page has come. */
const TELLING = new Set(['thread_ack', 'ping']);

export interface Told {
  readonly epoch: string;
  readonly offset: number;
}

/** The message as it leaves, so that it tells no more than `frozen`. */
export function withFrozenOffset(event: string, message: unknown, frozen: Told): unknown {
  if (!TELLING.has(event) || typeof message !== 'object' || message === null) return message;
  const { epoch, offset } = message as Partial<Told>;
  if (epoch !== frozen.epoch || typeof offset !== 'number') return message;
  return { ...message, offset: Math.min(offset, frozen.offset) };
}

/** Stands before the `emit` of a socket. */
export class AckFreezer {
  #frozen: Told | null = null;

  constructor(socket: Socket) {
    const emit = socket.emit.bind(socket);
    socket.emit = (event: string, ...args: unknown[]) => {
      const [message, ...rest] = args;
      const frozen = this.#frozen;
      if (args.length === 0 || !frozen) return emit(event, ...args);
      return emit(event, withFrozenOffset(event, message, frozen), ...rest);
    };
  }

  get frozenAt(): number | null {
    return this.#frozen?.offset ?? null;
  }

  freeze(told: Told): void {
    this.#frozen = told;
  }

  thaw(): void {
    this.#frozen = null;
  }
}
