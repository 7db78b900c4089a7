/** Where Redis is: one server, the primary that sentinels name, or a cluster. */

import { configError, type ServerError } from '../../util/errors.js';

interface Credentials {
  readonly username?: string;
  readonly password?: string;
  readonly db?: number;
  readonly tls: boolean;
}

export type RedisAddress =
  | ({ readonly kind: 'server'; readonly host: string; readonly port: number } & Credentials)
  | ({ readonly kind: 'socket'; readonly path: string } & Credentials)
  | ({
      readonly kind: 'sentinel';
      readonly hosts: readonly Host[];
      readonly name: string;
    } & Credentials)
  | ({ readonly kind: 'cluster'; readonly hosts: readonly Host[] } & Credentials);

interface Host {
  readonly host: string;
  readonly port: number;
}

export const ADDRESS_FORMS =
  'redis://[user:password@]host:port[/db], rediss://… (TLS), redis+cluster://host:port,host:port, ' +
  'redis+sentinel://host:port,host:port/name, unix:///path';

const PATTERN =
  /^(redis|rediss|redis\+cluster|rediss\+cluster|redis\+sentinel|rediss\+sentinel|unix):\/\/(?:(?:([^:@/]*)(?::([^@/]*))?)@)?([^/?#]*)(\/[^?#]*)?$/;
const DEFAULT_PORT = 6379;
const DEFAULT_SENTINEL_PORT = 26_379;

/**
 * Reads an address.
 *
 * @throws ServerError ERR_CONFIG; it does not show the address, which may hold a password
 */
export function readAddress(url: string): RedisAddress {
  const match = PATTERN.exec(url);
  if (!match) throw refuse('is none of these');
  const [, scheme = '', username, password, hostText = '', path = ''] = match;
  const credentials: Credentials = {
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    tls: scheme.startsWith('rediss'),
  };
  if (scheme === 'unix') {
    if (hostText !== '' || path === '') throw refuse('names no path');
    return { kind: 'socket', path, ...credentials };
  }
  const sentinel = scheme.endsWith('+sentinel');
  const hosts = hostText
    .split(',')
    .map((text) => readHost(text, sentinel ? DEFAULT_SENTINEL_PORT : DEFAULT_PORT));
  const rest = path.slice(1);
  if (sentinel) {
    if (!/^[\w.-]+$/.test(rest)) throw refuse('does not say how the sentinels call the primary');
    return { kind: 'sentinel', hosts, name: rest, ...credentials };
  }
  if (scheme.endsWith('+cluster')) {
    if (rest !== '') throw refuse('names a database; a cluster has one');
    return { kind: 'cluster', hosts, ...credentials };
  }
  const [host] = hosts;
  if (!host || hosts.length > 1) throw refuse('names several hosts that are no cluster');
  if (rest !== '' && !/^\d+$/.test(rest)) throw refuse('names a database that is no number');
  return { kind: 'server', ...host, ...credentials, ...(rest !== '' && { db: Number(rest) }) };
}

/** Whether a text is an address. */
export function isAddress(url: string): boolean {
  try {
    readAddress(url);
    return true;
  } catch {
    return false;
  }
}

function readHost(text: string, defaultPort: number): Host {
  const match = /^(\[[0-9a-fA-F:]+\]|[\w.-]+)(?::(\d{1,5}))?$/.exec(text);
  const port = Number(match?.[2] ?? defaultPort);
  if (!match?.[1] || port < 1 || port > 65_535) throw refuse('has a host that is not host:port');
  return { host: match[1].replace(/^\[|\]$/g, ''), port };
}

const refuse = (why: string): ServerError =>
  configError(`REDIS_URL ${why}. Allowed: ${ADDRESS_FORMS}.`);

/** An address for people: no password in it. */
export function showAddress(address: RedisAddress): string {
  if (address.kind === 'socket') return address.path;
  const hosts = address.kind === 'server' ? [address] : address.hosts;
  return hosts.map(({ host, port }) => `${host}:${port}`).join(',');
}
