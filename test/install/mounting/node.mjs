import { createServer } from 'node:http';
import { chat, listen } from './chat.mjs';

const http = createServer();
const { handler } = chat(http);
http.on('request', (request, response) => {
  if (request.url.startsWith('/socket.io/')) return;
  handler(request, response, () => response.writeHead(404).end("the app's own 404"));
});
listen(http);
