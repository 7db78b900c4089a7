// Without a mount path, and without a parser: the handler finds its base path by itself.
import { createServer } from 'node:http';
import express from 'express';
import { chat, listen } from './chat.mjs';

const app = express();
const http = createServer(app);
app.use(chat(http).handler);
app.use((_request, response) => response.status(404).send("the app's own 404"));
listen(http);
