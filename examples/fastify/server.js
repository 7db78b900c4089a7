import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { sessionRoutes } from '@session-monitor/http/fastify';
import { attachSessions } from '@session-monitor/server';
import { openLmdbStore } from '@session-monitor/server/lmdb';
import { fastify } from 'fastify';
import { Server } from 'socket.io';
import { answer } from '../express/model.js';

const app = fastify();
const io = new Server(app.server);

const store = await openLmdbStore({ path: './data' });
store.onFailure(() => process.exit(1));
const responder = ({ user_input }) => answer(user_input);
const sessions = attachSessions(io, { store, authorize: () => true, responder });

app.register(sessionRoutes, { sessions, prefix: '/chat' });
// The page is that of the Express example: `npx vite build after` there.
app.register(fastifyStatic, { root: join(import.meta.dirname, '../express/after/dist') });
console.log(await app.listen({ port: Number(process.env.PORT ?? 3000) }));
