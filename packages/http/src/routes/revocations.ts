/** `POST /revocations`: ends what a user, a session or the readers of a thread are served, on every node. */

import { parseRevocation } from '@session-monitor/protocol';
import type { SessionServer } from '@session-monitor/server';
import { storeFault } from '@session-monitor/server/internal';
import { sendFault, sendJson } from '../answer.js';
import { BODY_FIELDS_BYTES } from '../body.js';
import type { Exchange, Route } from '../exchange.js';
import { permitAdministration } from '../permission.js';

export function revocationRoutes(sessions: SessionServer): readonly Route[] {
  const { revoker, logger } = sessions.internals;

  async function revoke(exchange: Exchange): Promise<void> {
    const { response } = exchange;
    await sessions.ready;
    const allowed = await permitAdministration(sessions.internals, exchange);
    if (!allowed.ok) return sendFault(response, allowed.fault);
    const body = await exchange.readBody({ maxBytes: BODY_FIELDS_BYTES });
    if (!body.ok) return sendFault(response, body.fault);
    const revocation = body.value.parse(parseRevocation);
    if (!revocation.ok) return sendFault(response, revocation.fault);
    try {
      sendJson(response, await revoker.revoke(revocation.value));
    } catch (error) {
      sendFault(response, storeFault(logger, error));
    }
  }

  return [{ method: 'POST', path: '/revocations', handle: revoke }];
}
