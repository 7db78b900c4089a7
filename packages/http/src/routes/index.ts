/** Every route there is, below the base path. */

import { fileURLToPath } from 'node:url';
import type { SessionServer } from '@session-monitor/server';
import type { DebugAccess } from '../debug-access.js';
import type { Route } from '../exchange.js';

import { ASK_EACH_TIME, staticFile } from '../static-file.js';
import { actionRoutes } from './actions.js';
import { builtPageRoutes } from './built-page.js';
import { debugRoutes } from './debug.js';
import { type DemoPageOptions, demoRoutes } from './demo.js';
import { eventRoutes } from './events.js';
import { havefunRoutes } from './havefun.js';
import { healthRoutes } from './health.js';
import { liveRoutes } from './live.js';
import { metricsRoute } from './metrics.js';
import { openapiRoute } from './openapi.js';
import { payloadRoutes } from './payloads.js';
import { reportRoutes } from './reports.js';
import { revocationRoutes } from './revocations.js';
import { threadRoutes } from './threads.js';
import { traceRoutes } from './trace.js';

/** What the dashboard may do. */
export interface DashboardOptions {
  /**
   * Let operators act: ping, disconnect and expire sessions, cancel replies, erase threads, trace in detail. Each action asks
   * `authorize` for the right `administer`. Default false.
   */
  readonly actions?: boolean;
}

/** How `/metrics` is served. */
export interface MetricsOptions {
  /** Opens `/metrics` alone, at least 16 characters; sent as `Authorization: Bearer …`. */
  readonly key?: string;
}

export interface RouteOptions {
  readonly access: DebugAccess;
  readonly demo: boolean | DemoPageOptions;
  readonly dashboard: boolean | DashboardOptions;
  readonly metrics: boolean | MetricsOptions;
  /** The largest body of `POST /threads/:thread_id/events`. */
  readonly maxEventBodyBytes: number;
  /** Operators may see what users have written. */
  readonly payloads: boolean;
  /** Where the routes are, as clients see it. */
  readonly basePath: string;
}

export const allRoutes = (
  sessions: SessionServer,
  { access, demo, dashboard, payloads, metrics, maxEventBodyBytes, basePath }: RouteOptions,
): readonly Route[] => [
  ...havefunRoutes(sessions),
  ...eventRoutes(sessions, maxEventBodyBytes),
  ...threadRoutes(sessions),
  ...revocationRoutes(sessions),
  ...reportRoutes(sessions),
  ...debugRoutes(sessions, access),
  ...traceRoutes(sessions, access),
  ...liveRoutes(sessions, access),
  ...healthRoutes(sessions, access),
  ...(metrics === false
    ? []
    : [metricsRoute(sessions, access, metrics === true ? undefined : metrics.key)]),
  { method: 'GET', path: '/session_monitor.js', isPublic: true, handle: clientScript() },
  openapiRoute(basePath),
  ...(demo === false ? [] : demoRoutes(sessions, demo === true ? {} : demo)),
  // It holds nothing of any user's: what it shows it asks for, as its reader may.
  ...(dashboard === false ? [] : builtPageRoutes(DASHBOARD)),
  ...actionRoutes(sessions, access, { actions: mayAct(dashboard), payloads }),
  ...(payloads ? payloadRoutes(sessions) : []),
];

const mayAct = (dashboard: RouteOptions['dashboard']): boolean =>
  typeof dashboard === 'object' && dashboard.actions === true;

const DASHBOARD = {
  packageName: '@session-monitor/dashboard',
  name: 'dashboard',
  path: '/dashboard',
} as const;

/** The client as a classic script, for pages without a build step. */
function clientScript(): Route['handle'] {
  const path = fileURLToPath(import.meta.resolve('@session-monitor/client/session_monitor.js'));
  // Any page may load it: it holds nothing of any user's.
  const headers = { 'cross-origin-resource-policy': 'cross-origin' };
  return staticFile(path, { caching: ASK_EACH_TIME, headers });
}
