/** `POST /threads/:thread_id/runs/:run_id/cancel`: ends a reply, for everybody on the thread. */

import { refused } from '@session-monitor/protocol';
import type { FastifyInstance } from 'fastify';
import { asError } from '../../errors.js';
import type { SessionServer } from '../../session-server.js';
import { unavailableFault } from '../../sessions/faults.js';
import { sendFault } from '../faults.js';
import { admitToThread } from '../permission.js';

interface RunParams {
  readonly thread_id: string;
  readonly run_id: string;
}

export function runRoutes(app: FastifyInstance, sessions: SessionServer): void {
  const { runs, logger } = sessions.internals;

  app.post<{ Params: RunParams }>(
    '/threads/:thread_id/runs/:run_id/cancel',
    async (request, reply) => {
      const thread = await admitToThread(sessions, request, { action: 'cancel' });
      if (!thread.ok) return sendFault(reply, thread.fault);
      const { run_id } = request.params;
      const cancelled = await runs.cancel(thread.value, run_id).catch((error: unknown) => {
        logger.error({ err: asError(error) }, 'The store cannot answer');
        return refused(unavailableFault);
      });
      if (!cancelled.ok) return sendFault(reply, cancelled.fault);
      return reply.send({ run_id, status: cancelled.value.status });
    },
  );
}
