/** Where a request comes from: which pages may talk to the server, and under which name it is reached. */

import type { IncomingHttpHeaders } from 'node:http';

/** Whether only programs on this machine can reach the address. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);

/**
 * Whether a page of this origin may connect. A browser's `Origin` is let in if it is the server's own
 * or on the list; programs send none. CORS does not cover WebSocket, so Socket.IO asks here as well.
 */
export function isAllowedOrigin(headers: IncomingHttpHeaders, allowed: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return true;
  if (allowed.includes('*') || allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

/**
 * Whether the request names this machine as itself. A page whose own name was pointed at 127.0.0.1
 * (DNS rebinding) has the right origin, and the wrong host.
 */
export function isLocalHost({ host }: IncomingHttpHeaders): boolean {
  if (host === undefined) return true;
  const url = `http://${host}`;
  return URL.canParse(url) && isLoopback(new URL(url).hostname.replace(/^\[|\]$/g, ''));
}
