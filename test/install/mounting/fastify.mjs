import { sessionRoutes } from '@session-monitor/http/fastify';
import { fastify } from 'fastify';
import { chat } from './chat.mjs';

const app = fastify();
const { sessions } = chat(app.server, { mounts: false });
app.register(sessionRoutes, { prefix: '/chat', sessions, metrics: true });
app.post('/own', async ({ body }) => ({ got: body }));
app.setNotFoundHandler((_request, reply) => reply.status(404).send("the app's own 404"));
console.log(await app.listen({ port: 0, host: '127.0.0.1' }));
