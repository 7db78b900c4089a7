/** What most parts of a server use. */

import type { LimitHits } from './observe/limit-hits.js';
import type { Metrics } from './observe/metrics/metrics.js';
import type { Logger, Trace } from './observe/trace.js';
import type { ServerTracing } from './observe/tracing/server-tracing.js';
import type { SessionSettings } from './options.js';
import type { Store } from './stores/store.js';
import type { Clock } from './util/clock.js';

export interface ServerDeps {
  /** This server process's name. */
  readonly node: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: SessionSettings;
  readonly trace: Trace;
  /** Traces by OpenTelemetry. Absent while nothing is traced. */
  readonly tracing?: ServerTracing | undefined;
  readonly hits: LimitHits;
  readonly metrics: Metrics;
  readonly logger: Logger;
}
