/** `GET /session_monitor.js`: the client as a classic script, for pages without a build step. */

import { fileURLToPath } from 'node:url';
import type { Route } from '../exchange.js';
import { ASK_EACH_TIME, staticFile } from '../static-file.js';

export function clientScriptRoutes(): readonly Route[] {
  const path = fileURLToPath(import.meta.resolve('@session-monitor/client/session_monitor.js'));
  // Any page may load it: it holds nothing of any user's.
  const headers = { 'cross-origin-resource-policy': 'cross-origin' };
  const handle = staticFile(path, { caching: ASK_EACH_TIME, headers });
  return [{ method: 'GET', path: '/session_monitor.js', handle }];
}
