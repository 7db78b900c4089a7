/** What `GET /metrics` answers: the metrics of the sessions, and those of the process. This loads prom-client. */

import type { SessionServer } from '@session-monitor/server';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { registerMetrics } from './register-metrics.js';

/** Gauges whose names end as those of counters, which `promtool check metrics` refuses. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** There is one process, however many servers it has: prom-client watches its collector without an end. */
let ofProcess: Registry | undefined;

function processMetrics(): Registry {
  if (ofProcess) return ofProcess;
  ofProcess = new Registry();
  collectDefaultMetrics({ register: ofProcess });
  for (const name of MISNAMED) ofProcess.removeSingleMetric(name);
  return ofProcess;
}

export interface Scrape {
  readonly contentType: string;
  /** Reads everything as it is now. */
  text(): Promise<string>;
}

export function createScrape(sessions: SessionServer): Scrape {
  const own = new Registry();
  registerMetrics(sessions, own);
  const registry = Registry.merge([own, processMetrics()]);
  return { contentType: registry.contentType, text: () => registry.metrics() };
}
