/** `DELETE /threads/:thread_id`: erases a conversation. */

import type { FastifyInstance } from 'fastify';
import { asError } from '../../errors.js';
import type { SessionServer } from '../../session-server.js';
import { unavailableFault } from '../../sessions/faults.js';
import { sendFault } from '../faults.js';
import { admitToThread, type OfThread } from '../permission.js';

export function threadRoutes(app: FastifyInstance, sessions: SessionServer): void {
  app.delete('/threads/:thread_id', async (request: OfThread, reply) => {
    const thread = await admitToThread(sessions, request, { action: 'delete' });
    if (!thread.ok) return sendFault(reply, thread.fault);
    try {
      await sessions.deleteThread(thread.value);
      return reply.status(204).send();
    } catch (error) {
      sessions.internals.logger.error({ err: asError(error) }, 'A thread could not be erased');
      return sendFault(reply, unavailableFault);
    }
  });
}
