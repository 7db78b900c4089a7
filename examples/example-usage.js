/**
 * The walk-through, from end to end: connect, monitor, send a message, read the reply as events of the
 * thread, then once more over HTTP, stop. Run it against `npm start`:
 *
 *     node examples/example-usage.js [http://127.0.0.1:5001]
 */

import { SessionMonitor } from '@session-monitor/client';
import { io } from 'socket.io-client';

const server = process.argv[2] ?? 'http://127.0.0.1:5001';
const thread_id = `example-${Date.now()}`;

// 1. Set up the Socket.IO connection: polling first, then an upgrade to WebSocket.
const socket = io(server, {
  transports: ['polling', 'websocket'],
  reconnectionAttempts: 5,
  reconnectionDelay: 1000,
  timeout: 10000,
  forceNew: true,
  path: '/socket.io',
});
socket.on('connect_error', (error) => {
  console.error(`Cannot connect to ${server}: ${error.message}. Is it running? Try 'npm start'.`);
  process.exit(1);
});

// 2. Wrap it. From here on every event of the thread comes once and in order.
const monitor = new SessionMonitor(socket, {
  thread_id, // optional, can be given to start() instead
  pingInterval: 15000, // milliseconds
  debug: process.argv.includes('--debug'),
});
const registered = new Promise((resolve) => monitor.on('registered', resolve));
monitor.on('gap', ({ from, to }) => console.log(`events ${from} to ${to} are no longer kept`));
monitor.on('reset', ({ reason }) => console.log(`the conversation starts over: ${reason}`));

// The app's own handlers stay as they are.
let text = '';
let events = 0;
for (const name of ['run_started', 'analysis_update', 'knowledge', 'next_action', 'message']) {
  socket.on(name, () => {
    events += 1;
  });
}
socket.on('message', ({ delta }) => {
  text += delta;
});
const finished = new Promise((resolve) => socket.once('run_finished', resolve));

// 3. Start to follow the conversation.
monitor.start();
const { outcome, transport } = await registered;
console.log(`session ${outcome}, on ${transport}`);

// 4. Send a message. It reaches the server once, however long the network is away; the reply comes as events.
const question = 'How do long conversations survive bad networks?';
const { run_id, message_id } = await monitor.sendMessage(question);
console.log(`run ${run_id} accepted`);
const { status } = await finished;

// 5. The same message again, over HTTP: it starts nothing new, and streams the reply that there is.
const response = await fetch(`${server}/havefun`, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ user_input: question, thread_id, message_id, use_websocket: true }),
});
let parts = 0;
for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
  parts += chunk.split('\n').filter((line) => line.startsWith('data: ')).length;
}
console.log(`reply ${status}: ${parts} parts over HTTP, ${events + 1} events over Socket.IO`);
console.log(`transport ${monitor.status.transport}, offset ${monitor.status.offset}`);
console.log(text);

// 6. Clean up.
monitor.stop();
socket.disconnect();
