import { createServer } from 'node:http';
import Koa from 'koa';
import { chat, listen } from './chat.mjs';

const app = new Koa();
// It writes down each connection that a client resets.
app.silent = true;
// Koa's callback knows the middleware that there is when it is made.
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
