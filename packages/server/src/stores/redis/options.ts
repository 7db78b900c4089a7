/** What the store on Redis can be told. Importing this brings in nothing of Redis. */

import type { Logger } from '../../observe/trace.js';
import type { Clock, Entropy } from '../../util/clock.js';

/** Start-up checks, by the names with which an operator accepts that they fail. */
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

/** Which Redis, and what is asked of it. */
export interface RedisStoreOptions {
  /** Where Redis is: see `ADDRESS_FORMS`. */
  readonly url: string;
  /** What all keys begin with; those who share it share everything. Default `sm:`. */
  readonly prefix?: string;
  /** How many replicas must have a write before it is confirmed; default 0. */
  readonly replicas?: number;
  /** How long what is asked waits for a Redis that does not answer, in milliseconds; default 5,000. */
  readonly waitMs?: number;
  /** Start-up checks whose failure is accepted. */
  readonly waive?: readonly RedisWaiver[];
  readonly clock?: Pick<Clock, 'wall'>;
  readonly entropy?: Pick<Entropy, 'token'>;
  readonly logger?: Logger;
  /** How far apart commits begin, in milliseconds; only under load, and by itself, if left out. */
  readonly commitIntervalMs?: number | undefined;
}
