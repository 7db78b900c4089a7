/**
 * The metrics of a session server in a registry of prom-client: `@session-monitor/http/metrics`. prom-client is the app's;
 * this module loads none.
 */

import type { SessionServer } from '@session-monitor/server';
import { type MetricReading, readMetrics } from '@session-monitor/server/internal';
import type { Metric, Registry } from 'prom-client';

/**
 * Registers the metrics `session_monitor_…` of a session server. They are read when the registry is asked for them.
 *
 * Throws what prom-client throws for a registry that has metrics of these names already: those of another session server.
 */
export function registerMetrics(sessions: SessionServer, registry: Registry): void {
  const reader = new Reader(sessions);
  for (const { name, help, type } of sessions.internals.metrics.declared()) {
    const metric: RegisteredMetric = {
      name,
      help,
      type,
      aggregator: 'sum',
      async get() {
        return { ...describe(this), values: await reader.valuesOf(name) };
      },
      // The counts are the server's: a registry that is emptied changes nothing of them.
      reset() {},
    };
    registry.registerMetric(metric as unknown as Metric);
  }
}

/** What a registry uses of a metric. */
interface RegisteredMetric {
  /** In the OpenMetrics format the registry writes a name without `_total` here. */
  name: string;
  readonly help: string;
  readonly type: MetricReading['type'];
  readonly aggregator: 'sum';
  get(): Promise<object>;
  reset(): void;
}

const describe = ({ name, help, type, aggregator }: RegisteredMetric) => ({
  name,
  help,
  type,
  aggregator,
});

/** Reads once for all metrics of a scrape: the registry asks each of them in the same turn. */
class Reader {
  readonly #sessions: SessionServer;
  #reading: Promise<ReadonlyMap<string, MetricReading>> | undefined;

  constructor(sessions: SessionServer) {
    this.#sessions = sessions;
  }

  async valuesOf(name: string): Promise<readonly object[]> {
    const reading = this.#reading ?? this.#begin();
    const samples = (await reading).get(name)?.samples ?? [];
    return samples.map(({ suffix, labels, value }) => ({
      labels,
      value,
      ...(suffix !== undefined && { metricName: `${name}${suffix}` }),
    }));
  }

  #begin(): Promise<ReadonlyMap<string, MetricReading>> {
    const reading = readMetrics(this.#sessions).then(
      (readings) => new Map(readings.map((each) => [each.name, each])),
    );
    this.#reading = reading;
    const forget = () => {
      if (this.#reading === reading) this.#reading = undefined;
    };
    reading.then(forget, forget);
    return reading;
  }
}
