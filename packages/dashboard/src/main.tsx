/** Starts the page. */

import { createRoot } from 'react-dom/client';
import { App } from './app.js';
import { SharedContext } from './hooks/context.js';
import { LiveConnection } from './server/live-connection.js';
import { Server } from './server/server.js';

const server = new Server({
  fetch: (...request) => fetch(...request),
  // `/chat/dashboard` is beside `/chat/debug`, whatever the base path.
  base: new URL('.', window.location.href).href,
});
const live = new LiveConnection(server, {
  now: () => Date.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
});
live.connect();

const root = document.getElementById('root');
if (!root) throw new Error('The page has no root.');
createRoot(root).render(
  <SharedContext value={{ server, live }}>
    <App />
  </SharedContext>,
);
