import { io } from 'socket.io-client';
import { DemoPage } from './page.js';

/** Reconnects within a second or two: the user is watching. */
const socket = io({
  transports: ['polling', 'websocket'],
  reconnectionDelay: 200,
  reconnectionDelayMax: 2_000,
  // A browser may try a connection that it has kept open and that is dead by now.
  timeout: 5_000,
  autoConnect: false,
});
new DemoPage(socket).start();
