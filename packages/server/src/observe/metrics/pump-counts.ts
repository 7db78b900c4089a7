/** What pumps count: prepared, so that a frame costs some additions. */

import type { Waiting } from '@session-monitor/protocol';
import type { Counter } from './counter.js';

export interface PumpCounts {
  readonly sentEvents: Counter;
  readonly sentBytes: Counter;
  readonly deliveredEvents: Counter;
  readonly deliveredBytes: Counter;
  readonly pauses: Readonly<Record<Waiting, Counter>>;
  /** Whether the reader's acknowledgements say what it has: it then meets the marks of published events. */
  readonly marks: boolean;
}
