/** What the store needs of a connection to Redis: `connect.ts` has it from ioredis, the simulation from a model. */

import type { Call } from './script.js';

/** A reply of Redis: integers, bytes, nothing, or a list of these. */
export type Reply = number | string | Buffer | null | readonly Reply[];

/** It reconnects by itself, and never repeats a command by itself. */
export interface RedisConnection {
  /** Whether commands can be sent now. */
  readonly ready: boolean;
  /** Whether it was ended for good. */
  readonly closed: boolean;
  /**
   * Sends commands together. They arrive in this order. Resolves with a reply or an error for each: a
   * {@link RefusedError} of Redis, a {@link NotSentError}, or another one: then it may have been done or not.
   */
  send(calls: readonly Call[]): Promise<readonly (Reply | Error)[]>;
  /** Makes a script known to Redis. */
  load(lua: string): Promise<void>;
  /** Calls back whenever it has connected (`ready`), has lost its connection (`lost`), or was ended for good (`closed`). */
  on(event: 'ready' | 'lost' | 'closed', listener: () => void): void;
  /** Calls back with each error of the connection. */
  onError(listener: (error: Error) => void): void;
  /** Ends it for good; resolves when it has ended. */
  close(): Promise<void>;
}

/** A connection that subscribes. After a reconnect nothing is subscribed. */
export interface SubscriberConnection
  extends Pick<RedisConnection, 'ready' | 'on' | 'onError' | 'close'> {
  subscribe(channel: string): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  onMessage(listener: (channel: string, message: string) => void): void;
  /** Sends something, so that a half-open connection is detected. */
  probe(): void;
}

/** Redis answered with an error. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/** There was no connection to send the command on. */
export class NotSentError extends Error {
  override readonly name = 'NotSentError';
}
