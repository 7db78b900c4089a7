/** Judges a request by its origin and by the host name that it uses. Pure. */

import type { IncomingHttpHeaders } from 'node:http';

/** Whether only programs on this machine can reach the address. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);

/**
 * Whether the request uses a loopback name for this machine. A page whose own name was pointed at 127.0.0.1 (DNS
 * rebinding) has the right origin, and the wrong host.
 */
export function isLocalHost({ host }: IncomingHttpHeaders): boolean {
  return host === undefined || isLoopbackUrl(`http://${host}`);
}

/** The sender of a request, as far as the browser says. */
export type RequestSource =
  /** A program, or a page's own request that carries no `Origin` (its script, its image, its GET). */
  | 'program'
  /** A page of the server's own origin. */
  | 'own page'
  /** A page of another port of this machine, on a request with a loopback host name. */
  | 'local page'
  /** Any other page. `Origin: null` (a file, a sandboxed frame) is one of these. */
  | 'foreign page';

/** How a client has reached the server, as far as the server can know: behind a proxy with TLS it does not see that. */
export type Scheme = 'http' | 'https' | undefined;

/**
 * A browser sends `Origin` with WebSocket handshakes, CORS requests and every request that changes something, but not
 * for content that a page of another site embeds. For that `Sec-Fetch-Site` tells (Fetch Metadata,
 * https://www.w3.org/TR/fetch-metadata/). It also tells a page of the own host under another scheme.
 */
export function sourceOf(headers: IncomingHttpHeaders, scheme?: Scheme): RequestSource {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  const isForeignSite = site === 'cross-site' || site === 'same-site';
  if (origin === undefined) return isForeignSite ? 'foreign page' : 'program';
  if (!isForeignSite && isOwn(origin, host, scheme)) return 'own page';
  return isLoopbackUrl(origin) && host !== undefined && isLocalHost(headers)
    ? 'local page'
    : 'foreign page';
}

/** Without a scheme the hosts alone are compared. */
function isOwn(origin: string, host: string | undefined, scheme: Scheme): boolean {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  return url.host === host && (scheme === undefined || url.protocol === `${scheme}:`);
}

/** Which pages may connect, besides the server's own. */
export interface OriginPolicy {
  /** Whether an origin is on the list. */
  readonly lists: (origin: string) => boolean | Promise<boolean>;
  /** Pages of other ports of this machine may connect (development). */
  readonly localPages: boolean;
}

/** The policy for a list of origins; `*` lists every origin. */
export const listedOrigins = (origins: readonly string[], localPages: boolean): OriginPolicy => ({
  lists: (origin) => origins.includes('*') || origins.includes(origin),
  localPages,
});

export interface OriginVerdict {
  readonly allowed: boolean;
  /** The other origin that may read the answer, for the CORS header. */
  readonly readableBy?: string;
}

/** Whether the policy lets a request in. */
export async function judgeOrigin(
  headers: IncomingHttpHeaders,
  { lists, localPages }: OriginPolicy,
  scheme?: Scheme,
): Promise<OriginVerdict> {
  const { origin } = headers;
  const source = sourceOf(headers, scheme);
  if (source === 'program' || source === 'own page') return { allowed: true };
  if (origin === undefined) return { allowed: false };
  const allowed = (source === 'local page' && localPages) || (await lists(origin));
  return allowed ? { allowed, readableBy: origin } : { allowed };
}

/** What to change if a page was refused by mistake. */
export const ORIGIN_CURE =
  "List the page's origin (ORIGINS, or the option `origins`). If it is the server's own page, a proxy in between " +
  'rewrites the Host header: nginx needs `proxy_set_header Host $http_host;`.';

function isLoopbackUrl(url: string): boolean {
  return URL.canParse(url) && isLoopback(new URL(url).hostname.replace(/^\[|\]$/g, ''));
}
