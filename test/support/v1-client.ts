/** A client as it existed before this project: a plain Socket.IO socket that knows the v1 events. */

import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { EVENT, QUICK, TRANSPORTS, type TransportCase } from './client.js';
import { until } from './until.js';

export interface V1Client {
  readonly socket: Socket;
  /** Every event with all its arguments, in order of arrival. */
  readonly events: { readonly name: string; readonly args: readonly unknown[] }[];
  /** `n` of each app event. */
  readonly seen: number[];
  /** The payloads of one event. */
  of<T = Record<string, unknown>>(name: string): T[];
  /** Registers and waits for the answer. */
  register(thread_id: string, more?: object): Promise<Record<string, unknown>>;
}

export function createV1Client(
  url: string,
  transport: TransportCase = 'upgrade',
  more: Partial<ManagerOptions & SocketOptions> = {},
): V1Client {
  const socket = io(url, { transports: [...TRANSPORTS[transport]], ...QUICK, ...more });
  const events: V1Client['events'] = [];
  const seen: number[] = [];
  socket.onAny((name, ...args) => events.push({ name, args }));
  socket.on(EVENT, ({ n }) => seen.push(n));
  const of = <T>(name: string) =>
    events.filter((each) => each.name === name).map(({ args }) => args[0] as T);
  return {
    socket,
    events,
    seen,
    of,
    async register(thread_id, more = {}) {
      const before = of('session_registered').length;
      await until('connected', () => socket.connected);
      socket.emit('register_session', { thread_id, ...more });
      return until('registered', () => of<Record<string, unknown>>('session_registered')[before]);
    },
  };
}
