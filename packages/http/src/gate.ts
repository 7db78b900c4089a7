/**
 * Access to `/debug`. Pure: the facts of a request go in, the verdict comes out.
 *
 * In development, and only for a request that a person at this machine has made, access is open:
 * the documented key is accepted, and two of the three need none. Everything else is production: a
 * request without the configured key finds nothing there, or learns that a proxy is in the way.
 */

import type { IncomingHttpHeaders } from 'node:http';
import {
  DEVELOPMENT_DEBUG_KEY,
  isLocalHost,
  isLoopback,
  isProxied,
  isSameSecret,
  isStrongKey,
  sourceOf,
} from '@session-monitor/server/internal';
import { bearerOf } from './exchange.js';

export interface DebugPolicy {
  /** The mode is development and the listener is loopback. */
  readonly development: boolean;
  readonly key: string | undefined;
  /** Whether `?api_key=` is taken outside development; URLs end up in logs. */
  readonly keyInUrl: boolean;
}

export interface DebugRequest {
  /** The address that the connection comes from. */
  readonly peer: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** `?api_key=`, as it was parsed. */
  readonly api_key: unknown;
}

export type DebugVerdict =
  | 'granted'
  /** 401: say that a key is missing or wrong. */
  | 'key_required'
  /** 403: development mode does not reach through a proxy. */
  | 'proxied'
  /** 404: say nothing. */
  | 'hidden';

/** What a route asks for. */
export interface KeyNeed {
  /** Whether it asks for a key in development, too. */
  readonly needsKey: boolean;
  /** A key that opens this route alone. */
  readonly ownKey?: string | undefined;
}

export function judgeDebugAccess(
  request: DebugRequest,
  policy: DebugPolicy,
  { needsKey, ownKey }: KeyNeed,
): DebugVerdict {
  const open = policy.development && isAtThisMachine(request);
  if (open && !needsKey) return 'granted';
  const keys = open
    ? [policy.key ?? DEVELOPMENT_DEBUG_KEY, ownKey]
    : [strongKeyOf(policy.key), strongKeyOf(ownKey)];
  const presented = presentedKey(request, open || policy.keyInUrl);
  const isRight = (key: string | undefined) =>
    key !== undefined && presented !== undefined && isSameSecret(key, presented);
  if (keys.some(isRight)) return 'granted';
  if (open) return 'key_required';
  return policy.development && isProxied(request.headers) ? 'proxied' : 'hidden';
}

/** Development mode takes any key, because only this machine can use it: through a proxy a short one opens nothing. */
const strongKeyOf = (key: string | undefined): string | undefined =>
  key !== undefined && isStrongKey(key) ? key : undefined;

/** The key that a request presents, if it presents one. */
export function presentedKey(
  { headers, api_key }: DebugRequest,
  fromUrl: boolean,
): string | undefined {
  return bearerOf(headers) ?? (fromUrl && typeof api_key === 'string' ? api_key : undefined);
}

/**
 * Whether the request was made on this machine, by a program or by a page of ours: not through a proxy,
 * not by another page, not under a foreign name that points here.
 */
export function isAtThisMachine({ peer, headers }: Omit<DebugRequest, 'api_key'>): boolean {
  return (
    peer !== undefined &&
    isLoopback(peer.replace(/^::ffff:/, '')) &&
    !isProxied(headers) &&
    headers.host !== undefined &&
    isLocalHost(headers) &&
    ['program', 'own page'].includes(sourceOf(headers)) &&
    ['none', 'same-origin', undefined].includes(headers['sec-fetch-site'] as string | undefined)
  );
}
