/** The routes as a Fastify plugin: `app.register(sessionRoutes, { sessions, prefix: '/chat' })`. */

import type { SessionServer } from '@session-monitor/server';
import type { FastifyPluginCallback } from 'fastify';
import { createHandler, type HandlerOptions } from './handler.js';

/** The options of the Fastify plugin, besides its `prefix`. */
export interface SessionRoutesOptions extends Omit<HandlerOptions, 'basePath'> {
  readonly sessions: SessionServer;
}

/**
 * Hooks and decorators of the app apply to the routes; what plugins have put on the reply (CORS) is sent. The prefix is
 * the base path.
 *
 * @throws ServerError as `createHandler`
 */
export const sessionRoutes: FastifyPluginCallback<SessionRoutesOptions> = (
  fastify,
  { sessions, ...options },
  done,
) => {
  const handler = createHandler(sessions, { ...options, basePath: fastify.prefix || '/' });
  // The routes read their bodies themselves.
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, _body, parsed) => parsed(null));
  for (const url of new Set(handler.routes.map(({ path }) => path))) {
    fastify.all(url, (request, reply) => {
      reply.hijack();
      for (const [name, value] of Object.entries(reply.getHeaders())) {
        if (value !== undefined) reply.raw.setHeader(name, value);
      }
      handler(request.raw, reply.raw);
    });
  }
  done();
};
