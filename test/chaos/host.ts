/** The server side: one server on its disk, or several on one Redis. */

import type { Store } from '@session-monitor/server';
import type { Target } from '../support/fault-proxy.js';
import type { Violation } from './checker/evidence.js';
import type { ServerFault } from './plan/faults.js';

export interface HostCounts {
  readonly faults: Readonly<Record<string, number>>;
  /** Faults while a publisher was waiting for an answer. */
  killsMidWrite: number;
}

export interface HostDeps {
  /** Logs are written here. */
  readonly folder: string;
  readonly long: boolean;
  /** Publishers that are waiting for an answer. */
  readonly writing: () => number;
  readonly onViolation: (violation: Violation) => void;
}

export interface Host<Kind extends string = string> {
  /** The kind of disk or store that holds the data. */
  readonly disk: string;
  readonly counts: HostCounts;
  /** Milliseconds from each start of a server until it listened. */
  readonly startTimes: readonly number[];
  /** A new route to a serving node, and to the backend in its process; each caller gets its own. */
  readonly web: () => Target;
  readonly backend: () => Target;
  start(): Promise<void>;
  /** Resolves when all servers serve again. */
  perform(fault: ServerFault<Kind>): Promise<void>;
  /** Stops all servers gracefully. */
  finish(): Promise<void>;
  /** Opens the store after the stop. */
  openStore(): Promise<Store>;
  close(): Promise<void>;
}

/** The environment of every server of a run. */
export const SERVER_ENV: Readonly<Record<string, string>> = {
  PING_INTERVAL_MS: '2000',
  DRAIN_MS: '500',
  DEMO_PARTS_PER_SECOND: '60',
  DEMO_WORDS: '30',
};
