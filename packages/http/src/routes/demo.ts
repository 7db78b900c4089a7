/** `GET /`: the demo page, and what it says of the process that serves it. */

import type { SessionServer } from '@session-monitor/server';
import { sendJson } from '../answer.js';
import type { Exchange, Route } from '../exchange.js';
import { isAtThisMachine } from '../gate.js';
import { builtPageRoutes, PAGE_HEADERS } from './built-page.js';

export interface DemoPageOptions {
  /** The command that starts this server again: the page shows it beside the one that kills it. */
  readonly startCommand?: string;
}

/** @throws ServerError ERR_PEER_MISSING if the package of the demo is not installed */
export function demoRoutes(
  { internals: { development, membership } }: SessionServer,
  { startCommand }: DemoPageOptions,
): readonly Route[] {
  const page = { packageName: '@session-monitor/demo', name: 'demo page', path: '/' };
  return [...builtPageRoutes(page), { method: 'GET', path: '/demo.json', handle: tellProcess }];

  /** How to kill the process that serves the page, and what happens then. Other machines get no pid and no command. */
  function tellProcess({ request: { socket, headers }, response }: Exchange): void {
    const here = development && isAtThisMachine({ peer: socket.remoteAddress, headers });
    const shared = (membership?.others.length ?? 0) > 0;
    for (const [name, value] of Object.entries(PAGE_HEADERS)) response.setHeader(name, value);
    sendJson(response, {
      mode: development ? 'development' : 'production',
      pid: here ? process.pid : null,
      // Where another server takes over, none has to be started.
      start: here && !shared ? (startCommand ?? null) : null,
      shared,
    });
  }
}
