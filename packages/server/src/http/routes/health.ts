/** `/healthz` says that the process lives, `/readyz` that it takes on work. */

import type { FastifyInstance } from 'fastify';
import type { SessionServer } from '../../session-server.js';

export function healthRoutes(
  app: FastifyInstance,
  sessions: SessionServer,
  storeWorks: () => Promise<boolean>,
): void {
  app.get('/healthz', async () => ({
    status: 'ok',
    ...sessions.stats(),
    /** Requests of connections that are not on this node, since it was started. */
    strays: sessions.internals.endpoint.strays.count,
  }));

  app.get('/readyz', async (_request, reply) => {
    const reason = sessions.draining
      ? 'draining'
      : (await storeWorks())
        ? undefined
        : 'the store does not answer';
    if (reason) return reply.status(503).send({ status: 'not ready', reason });
    return { status: 'ready' };
  });
}
