/** The app, with a backend in its process that publishes what is posted to a second port. */

import { createServer } from 'node:http';
import { createApp as create } from 'session-monitor';

export async function createApp(config) {
  const app = await create(config);
  return {
    ...app,
    async listen() {
      const address = await app.listen();
      await serveBackend(app.sessions, Number(process.env.CHAOS_BACKEND_PORT));
      process.send({ type: 'listening' });
      return address;
    },
  };
}

function serveBackend(sessions, port) {
  const server = createServer(async (request, response) => {
    try {
      const { thread_id, event, data, message_id } = JSON.parse(await bodyOf(request));
      const offset = await sessions.publish(thread_id, event, data, { message_id });
      response.end(JSON.stringify({ offset }));
    } catch (error) {
      response.statusCode = error.code === 'ERR_PUBLISH' ? 400 : 503;
      response.end(JSON.stringify({ error: { code: error.code, message: error.message } }));
    }
  });
  // The backend must not keep the server's process alive.
  server.unref();
  return new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
}

async function bodyOf(request) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}
