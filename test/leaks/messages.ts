/** The messages between the runner and the server's process. */

import type { SessionServerStats } from '@session-monitor/server';
import type { Measurement } from './measure.js';

export interface Holdings extends SessionServerStats {
  readonly sockets: number;
  readonly clients: number;
  readonly sessionRecords: number;
  readonly threadRecords: number;
  readonly openRuns: number;
}

export type LeakRequest = { readonly id: number } & (
  | { readonly ask: 'holdings' }
  | { readonly ask: 'measure' }
  | { readonly ask: 'publish'; readonly thread_id: string; readonly n: number }
);

/** The answer with id 0 is the address, once the server listens. */
export interface Answer {
  readonly id: number;
  readonly value: string | Holdings | Measurement | null;
}
