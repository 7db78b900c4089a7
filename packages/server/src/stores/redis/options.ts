/** Options of the Redis store. Importing this file does not load ioredis. */

import type { Logger } from '../../observe/trace.js';
import type { Clock, Entropy } from '../../util/clock.js';

/** The names of the start-up checks that an operator can waive. */
export const REDIS_WAIVERS = [
  'version',
  'appendonly',
  'appendfsync',
  'eviction',
  'permissions',
  'clock',
  'replicas',
] as const;
export type RedisWaiver = (typeof REDIS_WAIVERS)[number];

/** A restart takes some hundred milliseconds, a failover some seconds. */
export const DEFAULT_REDIS_WAIT_MS = 5_000;

/** Which Redis the store uses, and how. */
export interface RedisStoreOptions {
  /** Where Redis is: see `ADDRESS_FORMS`. */
  readonly url: string;
  /** The prefix of all keys. Servers with the same prefix share all data. Default `sm:`. */
  readonly prefix?: string;
  /** How many replicas must have a write before it is confirmed; default 0. */
  readonly replicas?: number;
  /** How long a command waits for a Redis that does not answer, in milliseconds; default 5,000. */
  readonly waitMs?: number;
  /** Start-up checks whose failure is accepted. */
  readonly waive?: readonly RedisWaiver[];
  readonly clock?: Pick<Clock, 'wall'>;
  readonly entropy?: Pick<Entropy, 'token'>;
  readonly logger?: Logger;
  /** Milliseconds between the beginnings of commits. If left out, commits are spaced under load only. */
  readonly commitIntervalMs?: number | undefined;
}
