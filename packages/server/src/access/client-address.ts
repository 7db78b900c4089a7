/** Where a request comes from, as limits and the log have it. */

import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { isLoopback } from './origins.js';
import { forwardedAddress, isProxied } from './proxies.js';

/** The parts of a request that are read here. */
export interface AddressedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

export interface AddressPolicy {
  /** A proxy sets `X-Forwarded-For` or `Forwarded` on every request. */
  readonly trustProxy: boolean;
  /** Programs and pages of this machine are not counted (development). */
  readonly exemptLocal: boolean;
}

const UNKNOWN = 'unknown';

/**
 * The address of the client. A loopback peer that passes a request on is a proxy on this machine: no client elsewhere can be
 * such a peer.
 */
export function clientAddress(
  { headers, socket }: AddressedRequest,
  { trustProxy }: Pick<AddressPolicy, 'trustProxy'>,
): string {
  const peer = plain(socket.remoteAddress ?? UNKNOWN);
  if (!trustProxy && !isLoopback(peer)) return peer;
  const given = forwardedAddress(headers);
  return given !== undefined && isIP(given) !== 0 ? plain(given) : peer;
}

/** What limits count the request under; undefined for one that is not counted. */
export function countedNetwork(
  request: AddressedRequest,
  policy: AddressPolicy,
): string | undefined {
  const isLocal = isLoopback(plain(request.socket.remoteAddress ?? UNKNOWN));
  if (policy.exemptLocal && isLocal && !isProxied(request.headers)) return undefined;
  return networkOfRequest(request, policy);
}

/** The network that a request comes from. */
export const networkOfRequest = (
  request: AddressedRequest,
  policy: Pick<AddressPolicy, 'trustProxy'>,
): string => networkOf(clientAddress(request, policy));

/** An IPv4 address itself; of an IPv6 address the first half: a provider gives each customer at least so many. */
export function networkOf(address: string): string {
  const [text = ''] = address.split('%');
  if (isIP(text) !== 6) return text;
  const [head = '', tail] = text.split('::');
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const missing = Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array<string>(missing).fill('0'), ...after].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}

const groupsOf = (part: string): readonly string[] =>
  // An IPv4 address at the end stands for two groups, which are of the second half.
  part === ''
    ? []
    : part.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : [group]));

/** An IPv4 address that a socket for both families shows as IPv6. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');
