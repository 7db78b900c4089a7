import { createServer } from 'node:http';
import Koa from 'koa';
import { chat, listen } from './chat.mjs';

const app = new Koa();
// Otherwise Koa logs each connection that a client resets.
app.silent = true;
// Koa's callback uses the middleware that exists when the callback is created.
const http = createServer((request, response) => serve(request, response));
const { handler } = chat(http);
app.use((context, next) => {
  if (!handler.handles(context.req)) return next();
  context.respond = false;
  handler(context.req, context.res);
});
app.use((context) => {
  context.status = 404;
  context.body = "the app's own 404";
});
const serve = app.callback();
listen(http);
