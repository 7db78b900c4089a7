/** The messages between the process that runs the chaos and the client processes. */

import type { TransportCase } from '../../support/client.js';

/** One page: a socket, and a monitor for each of its threads. */
export interface PagePlan {
  readonly name: string;
  readonly url: string;
  readonly transport: TransportCase;
  readonly threads: readonly string[];
  /** What a reload finds: nothing, or the app's saved state with its cursor. */
  readonly reloads: 'never' | 'from_start' | 'from_checkpoint';
  readonly reloadEveryMs: number;
  /** Whether the session's id survives a reload, as `sessionStorage` has it. */
  readonly keepsSession: boolean;
  readonly seed: number;
}

export interface ClientPoolPlan {
  readonly pages: readonly PagePlan[];
  /** Where the histories are written: one file for each page and thread. */
  readonly folder: string;
  /** When the run began: `Date.now()`. */
  readonly beganAt: number;
  readonly pingIntervalMs: number;
}

/** The file with the history of one page's thread. */
export const historyFile = (page: string, thread_id: string): string =>
  `${page}.${thread_id}.ndjson`;

export type ClientPoolOrder =
  | { readonly type: 'open'; readonly plan: ClientPoolPlan }
  /** No reloads from now on. */
  | { readonly type: 'calm' }
  /** All clients end, and then the process. */
  | { readonly type: 'end' };

/** A page's position in one of its threads. */
export interface Place {
  readonly client: string;
  readonly thread_id: string;
  readonly state: string;
  readonly offset: number;
}

export interface ClientPoolCounts {
  applied: number;
  pages: number;
  reconnects: number;
  /** Registrations by outcome. */
  registered: Record<string, number>;
  errors: number;
}

export interface ClientPoolReport {
  readonly places: readonly Place[];
  readonly counts: ClientPoolCounts;
  /** Milliseconds without a live session, for each loss since the previous report. */
  readonly recoveries: readonly number[];
}
