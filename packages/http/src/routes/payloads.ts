/**
 * `GET /debug/threads/:thread_id/payloads`: what was written to a thread. The route is there only if the server is configured so.
 * The key of `/debug` does not open it: it needs the right `administer`, with `payloads: true`, and the trace has the reader.
 */

import { fault, parseThreadId } from '@session-monitor/protocol';
import type { SessionServer } from '@session-monitor/server';
import { clientAddress, LogWindows, storeFault } from '@session-monitor/server/internal';
import { sendFault, sendJson } from '../answer.js';
import type { Exchange, Route } from '../exchange.js';
import { permitAdministration } from '../permission.js';
import { readPage } from './debug.js';
import { refuseOthers } from './debug-filter.js';
import { readOffset } from './debug-views.js';

const PATH = '/debug/threads/:thread_id/payloads';

export function payloadRoutes(sessions: SessionServer): readonly Route[] {
  const { internals } = sessions;
  const logs = new LogWindows(internals);

  async function read(exchange: Exchange): Promise<void> {
    const { request, response, params, query } = exchange;
    await sessions.ready;
    const allowed = await permitAdministration(internals, exchange);
    if (!allowed.ok) return sendFault(response, allowed.fault);
    if (!allowed.value.payloads) return sendFault(response, noPayloads);
    const thread_id = parseThreadId(params.thread_id);
    if (!thread_id.ok) return sendFault(response, thread_id.fault);
    const other = refuseOthers(query, ['from', 'limit']);
    if (other) return sendFault(response, other);
    const page = readPage(query);
    if ('code' in page) return sendFault(response, page);
    const from = readOffset(query);
    if (!from.ok) return sendFault(response, from.fault);
    try {
      const shown = await logs.written(thread_id.value, from.value, page.limit);
      const { user_id: by } = allowed.value;
      const address = clientAddress(request, internals.endpoint.addresses);
      internals.trace('operated', { action: 'payloads', thread_id: thread_id.value, by, address });
      sendJson(response, shown);
    } catch (error) {
      sendFault(response, storeFault(internals.logger, error, 'debug'));
    }
  }

  return [{ method: 'GET', path: PATH, handle: read }];
}

const noPayloads = fault(
  'authorisation',
  'What users have written is shown to operators for whom authorize answers { admin: true, payloads: true }.',
);
