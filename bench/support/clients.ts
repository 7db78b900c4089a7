/** Real clients, as an app has them: `socket.io-client`, with and without a `SessionMonitor` around it. */

import { SessionMonitor } from '@session-monitor/client';
import { io, type Socket } from 'socket.io-client';
import { answerWith } from '../../test/support/answer.mjs';
import { EVENT } from './payload.js';
import { clockMs } from './usage.js';

export type ClientKind = 'monitor' | 'plain' | 'plain-tuned';

interface Client {
  readonly socket: Socket;
  readonly monitor?: SessionMonitor;
}

/** The options of an app that has found out that a reconnect takes a second by default. */
const TUNED = { reconnectionDelay: 10, reconnectionDelayMax: 1_000, randomizationFactor: 0 };

const clients: Client[] = [];

const handlers = {
  async connect({ port, kind, count }: { port: number; kind: ClientKind; count: number }) {
    const url = `http://127.0.0.1:${port}`;
    for (let index = 0; index < count; index += 1) {
      const options = { transports: ['websocket'], forceNew: true };
      const socket = io(url, { ...options, ...(kind === 'plain-tuned' && TUNED) });
      const thread_id = `thread-${index}`;
      // An app that wants its events back after a cut joins again on every connection.
      if (kind !== 'monitor') {
        const joined = new Promise<void>((resolve) => {
          socket.on('connect', () => socket.emit('join', thread_id, resolve));
        });
        clients.push({ socket });
        await joined;
        continue;
      }
      const monitor = new SessionMonitor(socket, { thread_id }).start();
      socket.on(EVENT, () => {});
      clients.push({ socket, monitor });
      await new Promise<void>((resolve) => {
        const unsubscribe = monitor.subscribe(() => {
          if (monitor.status.state !== 'live') return;
          unsubscribe();
          resolve();
        });
      });
    }
  },

  /** Cuts one client after another, and resolves with how long each took until it followed again. */
  async cutEach() {
    const times: number[] = [];
    for (const client of clients) {
      const at = clockMs();
      const followed = followsAgain(client);
      cut(client.socket);
      await followed;
      times.push(clockMs() - at);
    }
    return times;
  },

  close() {
    for (const { socket, monitor } of clients) {
      monitor?.stop();
      socket.disconnect();
    }
  },
};

function followsAgain({ socket, monitor }: Client): Promise<void> {
  return new Promise((resolve) => {
    if (!monitor) {
      // Runs after the app's listener, which has sent the join by then. The join's answer is what counts.
      socket.once('connect', () => socket.emit('join', 'again', resolve));
      return;
    }
    let lost = false;
    const unsubscribe = monitor.subscribe(() => {
      const { state } = monitor.status;
      if (state !== 'live') lost = true;
      else if (lost) {
        unsubscribe();
        resolve();
      }
    });
  });
}

/** Ends the socket below without any packet of the protocol, as a lost network does. */
function cut(socket: Socket): void {
  const { transport } = socket.io.engine as unknown as {
    readonly transport: { readonly ws: { terminate?(): void; close(): void } };
  };
  if (transport.ws.terminate) transport.ws.terminate();
  else transport.ws.close();
}

export type ClientHandlers = typeof handlers;

answerWith(handlers);
