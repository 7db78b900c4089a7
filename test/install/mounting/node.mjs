import { createServer } from 'node:http';
import { chat, listen } from './chat.mjs';

const http = createServer();
const { handler } = chat(http);
http.on('request', handler);
listen(http);
