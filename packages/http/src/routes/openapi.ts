/** `GET /openapi.json`: the description of all routes for programs, as it is published with the package. */

import { fileURLToPath } from 'node:url';
import type { Route } from '../exchange.js';
import { ASK_EACH_TIME, staticFile } from '../static-file.js';

/** @param basePath where the routes are: clients find them there, and not where the file was read */
export function openapiRoute(basePath: string): Route {
  const path = fileURLToPath(new URL('../../openapi.json', import.meta.url));
  const withServer = (text: string): string =>
    JSON.stringify({ ...JSON.parse(text), servers: [{ url: basePath }] }, null, 2);
  return {
    method: 'GET',
    path: '/openapi.json',
    // It says nothing of any user, and tools on other sites show it.
    isPublic: true,
    handle: staticFile(path, {
      caching: ASK_EACH_TIME,
      headers: { 'cross-origin-resource-policy': 'cross-origin' },
      rewrite: withServer,
    }),
  };
}
