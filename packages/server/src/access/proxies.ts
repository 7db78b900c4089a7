/** What a proxy in front of the server says of a request. Pure. */

import type { IncomingHttpHeaders } from 'node:http';
import type { Scheme } from './origins.js';

/** Whether a proxy says that it has passed the request on. */
export const isProxied = (headers: IncomingHttpHeaders): boolean =>
  Object.keys(headers).some(isProxyHeader);

const isProxyHeader = (name: string): boolean =>
  name === 'forwarded' || name === 'via' || name === 'x-real-ip' || name.startsWith('x-forwarded-');

/** The scheme under which a client has reached the proxy. Of several proxies the nearest one counts: it is the trusted one. */
export function forwardedScheme(headers: IncomingHttpHeaders): Scheme {
  const { forwarded } = headers;
  const last = (value: string | string[] | undefined) =>
    String(value ?? '')
      .split(',')
      .at(-1);
  const given =
    headers['x-forwarded-proto'] === undefined
      ? /(?:^|;)\s*proto="?(\w+)"?/i.exec(last(forwarded) ?? '')?.[1]
      : last(headers['x-forwarded-proto']);
  const scheme = given?.trim().toLowerCase();
  return scheme === 'http' || scheme === 'https' ? scheme : undefined;
}
