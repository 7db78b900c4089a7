/** Every route there is, below the base path. */

import type { SessionServer } from '@session-monitor/server';
import type { Route } from '../exchange.js';
import type { DebugPolicy } from '../gate.js';
import { clientScriptRoutes } from './client-script.js';
import { debugRoutes } from './debug.js';
import { type DemoPageOptions, demoRoutes } from './demo.js';
import { eventRoutes } from './events.js';
import { havefunRoutes } from './havefun.js';
import { healthRoutes } from './health.js';
import { threadRoutes } from './threads.js';

export interface RouteOptions {
  readonly debug: DebugPolicy;
  readonly demo: boolean | DemoPageOptions;
}

export const allRoutes = (
  sessions: SessionServer,
  { debug, demo }: RouteOptions,
): readonly Route[] => [
  ...havefunRoutes(sessions),
  ...eventRoutes(sessions),
  ...threadRoutes(sessions),
  ...debugRoutes(sessions, debug),
  ...healthRoutes(sessions),
  ...clientScriptRoutes(),
  ...(demo === false ? [] : demoRoutes(sessions, demo === true ? {} : demo)),
];
