/**
 * Which pages may talk to the server. A browser's `Origin` is let in if it is the server's own or on
 * the list; programs send none. CORS does not cover WebSocket, so Socket.IO asks here as well.
 */

import type { IncomingHttpHeaders } from 'node:http';

export function isAllowedOrigin(headers: IncomingHttpHeaders, allowed: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return true;
  if (allowed.includes('*') || allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
