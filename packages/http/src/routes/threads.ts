/** `DELETE /threads/:thread_id`: erases a conversation. */

import type { SessionServer } from '@session-monitor/server';
import { asError, unavailableFault } from '@session-monitor/server/internal';
import { sendFault } from '../answer.js';
import type { Exchange, Route } from '../exchange.js';
import { admitToThread } from '../permission.js';

export function threadRoutes(sessions: SessionServer): readonly Route[] {
  async function erase(exchange: Exchange): Promise<void> {
    const { response } = exchange;
    const thread = await admitToThread(sessions, exchange, { action: 'delete' });
    if (!thread.ok) return sendFault(response, thread.fault);
    try {
      await sessions.deleteThread(thread.value);
      response.writeHead(204);
      response.end();
    } catch (error) {
      sessions.internals.logger.error({ err: asError(error) }, 'A thread could not be erased');
      sendFault(response, unavailableFault);
    }
  }

  return [{ method: 'DELETE', path: '/threads/:thread_id', handle: erase }];
}
