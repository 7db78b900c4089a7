/** `POST /revocations`: ends what a user, a session or the readers of a thread are served, on every node. */

import { parseRevocation } from '@session-monitor/protocol';
import type { SessionServer } from '@session-monitor/server';
import { storeFault } from '@session-monitor/server/internal';
import { sendFault, sendJson } from '../answer.js';
import { readJson } from '../body.js';
import type { Exchange, Route } from '../exchange.js';
import { permitAdministration } from '../permission.js';

export function revocationRoutes(sessions: SessionServer): readonly Route[] {
  const { revoker, logger } = sessions.internals;

  async function revoke(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    await sessions.ready;
    const allowed = await permitAdministration(sessions.internals, exchange);
    if (!allowed.ok) return sendFault(response, allowed.fault);
    const revocation = await readJson(request, parseRevocation);
    if (!revocation.ok) return sendFault(response, revocation.fault);
    try {
      sendJson(response, await revoker.revoke(revocation.value));
    } catch (error) {
      sendFault(response, storeFault(logger, error));
    }
  }

  return [{ method: 'POST', path: '/revocations', handle: revoke }];
}
