/**
 * Hands a frame's events to the listeners that the app has registered with `socket.on(event, …)` and
 * `socket.onAny(…)`, as Socket.IO would have done had each come by itself.
 */

import type { ThreadEvents } from '@session-monitor/protocol';
import type { OpenSocket } from './socket-link.js';

/** Where an event stands in its thread. */
export interface EventMeta {
  readonly event: string;
  readonly thread_id: string;
  /** Empty on a backend that speaks v1. */
  readonly epoch: string;
  /** The event's offset; the last one for an event that covers several; 0 on a backend that speaks v1. */
  readonly offset: number;
  /** How many offsets the event covers; 1, but for one that stands for several. */
  readonly span: number;
}

export interface Delivery {
  readonly frame: ThreadEvents;
  /** How many entries at its start have been applied before. */
  readonly skip: number;
  /** The offset of the first entry to apply. */
  readonly from: number;
}

export interface Delivered {
  /** The last offset that was applied. */
  readonly offset: number;
  readonly events: number;
  /** Whether the whole frame was. */
  readonly complete: boolean;
}

/**
 * Calls `apply` for each entry, in order, while `mayGoOn` says so: the app may stop the monitor from
 * within a listener.
 */
export function deliver(
  { frame, skip, from }: Delivery,
  mayGoOn: () => boolean,
  apply: (event: string, data: unknown, meta: EventMeta) => void,
): Delivered {
  const { thread_id, epoch } = frame;
  let offset = from - 1;
  let events = 0;
  for (let index = skip; index < frame.events.length; index += 1) {
    const entry = frame.events[index];
    if (!entry || !mayGoOn()) return { offset, events, complete: false };
    const [event, data, span = 1] = entry;
    offset += span;
    events += 1;
    apply(event, data, { event, thread_id, epoch, offset, span });
  }
  return { offset, events, complete: true };
}

/** Calls the app's own listeners on the socket. A listener that throws does not stop the others. */
export function callSocketListeners(
  socket: OpenSocket,
  event: string,
  data: unknown,
  onError: (error: unknown) => void = listenerFailed,
): void {
  // Copies: a `once` wrapper takes itself off while it runs, through `this.off`.
  for (const listener of [...socket.listeners(event)]) call(listener, socket, [data], onError);
  for (const listener of [...socket.listenersAny()]) {
    call(listener, socket, [event, data], onError);
  }
}

/** Reports the app's mistake; the events go on. */
export function listenerFailed(error: unknown): void {
  console.error('[SessionMonitor] A listener threw:', error);
}

function call(
  listener: (...args: never[]) => void,
  socket: OpenSocket,
  args: readonly unknown[],
  onError: (error: unknown) => void,
): void {
  try {
    listener.apply(socket, args as never[]);
  } catch (error) {
    onError(error);
  }
}
