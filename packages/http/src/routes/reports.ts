/**
 * `POST /sessions/:session_id/report`: a client's diagnostics, for the operator. `POST …/report-request`: the operator asks
 * for them.
 */

import {
  type Fault,
  parseClientReport,
  parseSessionId,
  REPORT_LIMITS,
} from '@session-monitor/protocol';
import type { SessionServer } from '@session-monitor/server';
import { clientAddress, storeFault } from '@session-monitor/server/internal';
import { notFoundFault, sendFault, sendJson } from '../answer.js';
import { bearerOf, type Exchange, type Route, sourceOfRequest } from '../exchange.js';
import { permitAdministration } from '../permission.js';

export function reportRoutes(sessions: SessionServer): readonly Route[] {
  const { internals } = sessions;
  const { clientReports, reportRequests, reportQuota, endpoint, logger, trace } = internals;

  async function report(exchange: Exchange): Promise<void> {
    const { request, response, params } = exchange;
    if (!clientReports.areKept) return sendFault(response, notFoundFault);
    const named = parseSessionId(params.session_id);
    if (!named.ok) return sendFault(response, named.fault);
    const isTooMuch = reportQuota.ofAddress(request);
    if (isTooMuch) return sendFault(response, isTooMuch);
    await sessions.ready;
    const session = await clientReports
      .admit(named.value, bearerOf(request.headers))
      .catch((error: unknown) => ({ ok: false, fault: storeFault(logger, error) }) as const);
    if (!session.ok) return turnAway(exchange, named.value, session.fault);
    const isOneTooMany = reportQuota.ofSession(request, named.value);
    if (isOneTooMany) return sendFault(response, isOneTooMany);
    // Only now: until then a body costs nothing.
    const body = await exchange.readBody({ maxBytes: REPORT_LIMITS.maxBytes });
    if (!body.ok) return sendFault(response, body.fault);
    const parsed = body.value.parse(parseClientReport);
    if (!parsed.ok) return sendFault(response, parsed.fault);
    const address = clientAddress(request, endpoint.addresses);
    const refusal = await clientReports.keep(session.value, parsed.value, address);
    if (refusal) return sendFault(response, refusal);
    response.writeHead(204);
    response.end();
  }

  function turnAway({ request, response }: Exchange, session_id: string, reason: Fault): void {
    if (reason.code === 'unauthenticated') {
      const address = clientAddress(request, endpoint.addresses);
      const source = { ...sourceOfRequest(request), address, session_id };
      trace('access_refused', { ...source, action: 'report', code: reason.code });
    }
    sendFault(response, reason);
  }

  async function ask(exchange: Exchange): Promise<void> {
    const { response, params } = exchange;
    await sessions.ready;
    const allowed = await permitAdministration(internals, exchange);
    if (!allowed.ok) return sendFault(response, allowed.fault);
    const named = parseSessionId(params.session_id);
    if (!named.ok) return sendFault(response, named.fault);
    try {
      const { isConnected, refusal, unreachable } = await reportRequests.ask(named.value);
      if (refusal) sendFault(response, refusal);
      else if (isConnected) sendJson(response, { requested: true, unreachable }, 202);
      else sendFault(response, absentFault);
    } catch (error) {
      sendFault(response, storeFault(logger, error));
    }
  }

  return [
    { method: 'POST', path: '/sessions/:session_id/report', handle: report },
    { method: 'POST', path: '/debug/sessions/:session_id/report-request', handle: ask },
  ];
}

const absentFault = {
  code: 'session_unknown',
  message:
    'No client of protocol 2 is connected with this session now. Its newest report, if it has sent one, is in its trace.',
} as const;
