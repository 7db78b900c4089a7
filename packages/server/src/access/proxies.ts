/** What a proxy in front of the server says of a request. Pure. */

import type { IncomingHttpHeaders } from 'node:http';
import type { Scheme } from './origins.js';

/** Whether a proxy says that it has passed the request on. */
export const isProxied = (headers: IncomingHttpHeaders): boolean =>
  Object.keys(headers).some(isProxyHeader);

const isProxyHeader = (name: string): boolean =>
  name === 'forwarded' || name === 'via' || name === 'x-real-ip' || name.startsWith('x-forwarded-');

/** The last of what several proxies have written: the nearest one is the trusted one. */
const lastOf = (value: string | string[] | undefined): string =>
  String(value ?? '')
    .split(',')
    .at(-1) ?? '';

/** The address from which a client has reached the proxy, as the proxy writes it: without a port and brackets. */
export function forwardedAddress(headers: IncomingHttpHeaders): string | undefined {
  const given =
    headers['x-forwarded-for'] === undefined
      ? /(?:^|;)\s*for=([^;]+)/i.exec(lastOf(headers.forwarded))?.[1]
      : lastOf(headers['x-forwarded-for']);
  const text = given?.trim().replaceAll('"', '');
  return text && (/^\[([^\]]*)\]/.exec(text)?.[1] ?? text.replace(/^([\d.]+):\d+$/, '$1'));
}

/** The scheme under which a client has reached the proxy. */
export function forwardedScheme(headers: IncomingHttpHeaders): Scheme {
  const given =
    headers['x-forwarded-proto'] === undefined
      ? /(?:^|;)\s*proto="?(\w+)"?/i.exec(lastOf(headers.forwarded))?.[1]
      : lastOf(headers['x-forwarded-proto']);
  const scheme = given?.trim().toLowerCase();
  return scheme === 'http' || scheme === 'https' ? scheme : undefined;
}
