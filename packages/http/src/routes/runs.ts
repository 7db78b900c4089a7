/** `POST /threads/:thread_id/runs/:run_id/cancel`: ends a reply, for all clients of the thread. */

import { refused } from '@session-monitor/protocol';
import type { SessionServer } from '@session-monitor/server';
import { asError, unavailableFault } from '@session-monitor/server/internal';
import { sendFault, sendJson } from '../answer.js';
import type { Exchange, Route } from '../exchange.js';
import { admitToThread } from '../permission.js';

export function runRoutes(sessions: SessionServer): readonly Route[] {
  const { runs, logger } = sessions.internals;

  async function cancel(exchange: Exchange): Promise<void> {
    const { response, params } = exchange;
    const thread = await admitToThread(sessions, exchange, { action: 'cancel' });
    if (!thread.ok) return sendFault(response, thread.fault);
    const { run_id = '' } = params;
    const cancelled = await runs.cancel(thread.value.thread_id, run_id).catch((error: unknown) => {
      logger.error({ err: asError(error) }, 'The store cannot answer');
      return refused(unavailableFault);
    });
    if (!cancelled.ok) return sendFault(response, cancelled.fault);
    return sendJson(response, { run_id, status: cancelled.value.status });
  }

  return [{ method: 'POST', path: '/threads/:thread_id/runs/:run_id/cancel', handle: cancel }];
}
