/**
 * The routes of a page that is published as a package, built: the page and its assets. It may load from and talk to this
 * server only, and no text of a user can become code.
 */

import { readdirSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServerError } from '@session-monitor/server';
import type { Route } from '../exchange.js';
import { ASK_EACH_TIME, KEEP, staticFile } from '../static-file.js';

/** `'self'` covers the WebSocket of the same origin. Styles that a script sets one by one are not styles in markup. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

export const PAGE_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
} as const;

export interface BuiltPage {
  readonly packageName: string;
  /** What it is, for the error. */
  readonly name: string;
  /** The path of the page itself. Its assets are beside it, as the build has placed them. */
  readonly path: string;
}

/** @throws ServerError ERR_PEER_MISSING if the package is not installed */
export function builtPageRoutes({ packageName, name, path }: BuiltPage): readonly Route[] {
  const page = findPage(packageName, name);
  const folder = dirname(page);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return files.map((file): Route => {
    const isPage = file === page;
    const options = { headers: PAGE_HEADERS, caching: isPage ? ASK_EACH_TIME : KEEP };
    return {
      method: 'GET',
      isPublic: true,
      path: isPage ? path : `/${relative(folder, file).replaceAll(sep, '/')}`,
      handle: staticFile(file, options),
    };
  });
}

function findPage(packageName: string, name: string): string {
  try {
    return fileURLToPath(import.meta.resolve(`${packageName}/index.html`));
  } catch (cause) {
    const message = `The ${name} is not installed: npm install ${packageName}`;
    throw new ServerError('ERR_PEER_MISSING', message, { cause });
  }
}
