/** Where below the base path a request wants to go. Pure. */

/** What frameworks add to a request that they hand to a mounted handler. */
export interface MountedRequest {
  readonly url?: string | undefined;
  /** The address before the framework cut its mount path off (Express, Connect, Nest). */
  readonly originalUrl?: string;
  /** The mount path that was cut off (Express, Nest). */
  readonly baseUrl?: string;
}

/**
 * The paths below the base path that a request may be for, the likeliest first; none if it is for something else.
 * A framework that mounts the handler elsewhere than at the base path has cut off the path where it did: what is left
 * of the address is the second candidate.
 */
export function pathsOf(
  { url = '/', originalUrl = url, baseUrl }: MountedRequest,
  basePath: string,
) {
  const below = belowBase(pathOf(originalUrl), basePath);
  const left = baseUrl ? pathOf(url) : undefined;
  return [below, left].filter((path) => path !== undefined);
}

/** The query of a request's address, without the question mark. */
export const queryOf = ({ url = '' }: MountedRequest): string => {
  const at = url.indexOf('?');
  return at === -1 ? '' : url.slice(at + 1);
};

const pathOf = (url: string): string => url.split('?', 1)[0] || '/';

function belowBase(path: string, basePath: string): string | undefined {
  if (basePath === '/') return path;
  if (path === basePath) return '/';
  return path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : undefined;
}
