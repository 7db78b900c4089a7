/**
 * `GET /`: the demo page and its assets, as the build has put them into the package of the demo. The
 * page may load from and talk to this server only, and no text of a conversation can become code.
 */

import { readdirSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServerError, type SessionServer } from '@session-monitor/server';
import { sendJson } from '../answer.js';
import type { Exchange, Route } from '../exchange.js';
import { isAtThisMachine } from '../gate.js';
import { ASK_EACH_TIME, KEEP, staticFile } from '../static-file.js';

/** `'self'` covers the WebSocket of the same origin. */
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

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
} as const;

export interface DemoPageOptions {
  /** The command that starts this server again: the page shows it beside the one that kills it. */
  readonly startCommand?: string;
}

/** @throws ServerError ERR_PEER_MISSING if the package of the demo is not installed */
export function demoRoutes(
  { internals: { development, membership } }: SessionServer,
  { startCommand }: DemoPageOptions,
): readonly Route[] {
  const page = findPage();
  const folder = dirname(page);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const routes = files.map((path): Route => {
    const isPage = path === page;
    const options = { headers: HEADERS, caching: isPage ? ASK_EACH_TIME : KEEP };
    return {
      method: 'GET',
      isPublic: true,
      path: isPage ? '/' : `/${relative(folder, path).replaceAll(sep, '/')}`,
      handle: staticFile(path, options),
    };
  });
  return [...routes, { method: 'GET', path: '/demo.json', handle: tellProcess }];

  /** How to kill the process that serves the page, and what happens then. Other machines get no pid and no command. */
  function tellProcess({ request: { socket, headers }, response }: Exchange): void {
    const here = development && isAtThisMachine({ peer: socket.remoteAddress, headers });
    const shared = (membership?.others.length ?? 0) > 0;
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    sendJson(response, {
      mode: development ? 'development' : 'production',
      pid: here ? process.pid : null,
      // Where another server takes over, none has to be started.
      start: here && !shared ? (startCommand ?? null) : null,
      shared,
    });
  }
}

function findPage(): string {
  try {
    return fileURLToPath(import.meta.resolve('@session-monitor/demo/index.html'));
  } catch (cause) {
    throw new ServerError(
      'ERR_PEER_MISSING',
      'The demo page is not installed: npm install @session-monitor/demo',
      { cause },
    );
  }
}
