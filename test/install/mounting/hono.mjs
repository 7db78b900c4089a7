import { createAdaptorServer } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { chat, listen } from './chat.mjs';

const app = new Hono();
const http = createAdaptorServer({ fetch: app.fetch });
const { handler } = chat(http);
app.use(async (context, next) => {
  const { incoming, outgoing } = context.env;
  if (!handler.handles(incoming)) return next();
  handler(incoming, outgoing);
  return RESPONSE_ALREADY_SENT;
});
app.notFound((context) => context.text("the app's own 404", 404));
listen(http);
