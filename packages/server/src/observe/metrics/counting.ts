/** Puts the counters where the steps, the appends and the commits of a server pass. */

import type { Store } from '../../stores/store.js';
import type { Cancel, Clock } from '../../util/clock.js';
import type { Trace } from '../trace.js';
import { countSteps } from './count-steps.js';
import type { Metrics } from './metrics.js';
import { type MarkedLog, PublishSamples } from './publish-samples.js';
import { sampledStore } from './sampled-store.js';

export interface CountingDeps {
  readonly metrics: Metrics;
  readonly trace: Trace;
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
  /** The thread's log, if it has readers on this node. */
  readonly logOf: (thread_id: string) => MarkedLog | undefined;
}

/** What the parts of the server use in place of the trace and the store. */
export interface Counting {
  readonly trace: Trace;
  readonly store: Store;
  readonly stop: Cancel;
}

export function beginCounting({ metrics, trace, store, clock, logOf }: CountingDeps): Counting {
  if (!metrics.isCounting) return { trace, store, stop: () => {} };
  const { counters, histograms } = metrics;
  const stop = store.observe?.({
    appended(events, bytes) {
      counters.events_published_total.value += events;
      counters.event_bytes_published_total.value += bytes;
    },
    committed(ms, bytes) {
      histograms.store_commit_seconds.observe(ms / 1_000);
      metrics.recentCommitMs.add(ms, clock.now());
      histograms.store_commit_bytes.observe(bytes);
    },
  });
  return {
    trace: countSteps(trace, counters),
    store: sampledStore(store, new PublishSamples({ ...metrics, clock, logOf })),
    stop: stop ?? (() => {}),
  };
}
