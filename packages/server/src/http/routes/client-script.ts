/** `GET /session_monitor.js`: the client as a classic script, for pages without a build step. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';

export async function clientScriptRoute(app: FastifyInstance): Promise<void> {
  const path = import.meta.resolve('@session-monitor/client/session_monitor.js');
  const script = await readFile(fileURLToPath(path));
  const etag = `"${createHash('sha256').update(script).digest('base64url').slice(0, 22)}"`;
  app.get('/session_monitor.js', async (request, reply) => {
    void reply.header('etag', etag).header('cache-control', 'no-cache');
    if (request.headers['if-none-match'] === etag) return reply.status(304).send();
    return reply.type('text/javascript; charset=utf-8').send(script);
  });
}
