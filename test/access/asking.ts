/** What a cell asks of which server, and what shows in the answers. */

import type { Route } from './conversation.js';
import type { Credentials } from './credentials.js';
import type { Credential, Way } from './policy.js';
import type { Place } from './requests.js';
import type { Server } from './setups.js';

export interface Asking {
  readonly server: Server;
  readonly credentials: Credentials;
  readonly credential: Credential;
  readonly way: Way;
  /** Everything that the server has answered, but the receipts of a session to its own client. */
  readonly answers: Set<string>;
  /** What clients have that claims a session. */
  readonly claims: Set<string>;
}

let clients = 0;

/** @param alone from an address that no other request has: wrong keys of `/debug`, and handshakes, count for each address */
export function placeOf({ server, way }: Pick<Asking, 'server' | 'way'>, alone: boolean): Place {
  if (way === 'other interface') return { socketPath: server.aside };
  const place = { host: '127.0.0.1', port: server.port };
  if (!alone) return place;
  clients += 1;
  const localAddress = `127.${1 + (clients >> 14)}.${(clients >> 7) & 127}.${1 + (clients & 127)}`;
  return { ...place, localAddress };
}

const ELSEWHERE = 'https://evil.example';
const CROSS_SITE = { 'sec-fetch-site': 'cross-site' };

/** What a client on this way sends beside its own headers. */
const HEADERS: Readonly<Record<Way, Readonly<Record<string, string>>>> = {
  loopback: {},
  'other interface': {},
  forwarded: { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' },
  'foreign Host': { host: 'evil.example' },
  'foreign Origin': { ...CROSS_SITE, origin: ELSEWHERE, 'sec-fetch-mode': 'cors' },
  JSONP: { ...CROSS_SITE, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' },
  'JSONP of an old browser': {},
  'no-cors': { ...CROSS_SITE, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
};

export function headersOf({
  server,
  way,
}: Pick<Asking, 'server' | 'way'>): Readonly<Record<string, string>> {
  const host = way === 'other interface' ? server.host : '127.0.0.1';
  return { host: `${host}:${server.port}`, ...HEADERS[way] };
}

/** What it has in its query. Engine.IO answers `j` with a script. */
export const queryOf = (way: Way, isEngine: boolean): Readonly<Record<string, string>> => {
  if (way !== 'JSONP' && way !== 'JSONP of an old browser') return {};
  return isEngine ? { j: '0' } : { callback: 'steal' };
};

/** How the caller reaches the sockets of the server. */
export const routeOf = (asking: Asking, query: Readonly<Record<string, string>> = {}): Route => ({
  place: placeOf(asking, true),
  headers: headersOf(asking),
  query: { ...queryOf(asking.way, true), ...query },
});

/** An honest client on the same way as far as the network goes. */
export const honestly = (asking: Asking): Asking => ({
  ...asking,
  way: asking.way === 'other interface' ? asking.way : 'loopback',
});
