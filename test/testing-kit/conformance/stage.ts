/** The server for the comparison's script: the real one, or the fake one. */

import type { SessionMonitorOptions, SocketLike } from '@session-monitor/client';
import { type Authorize, createMemoryStore } from '@session-monitor/server';
import { type FakeSocket, fakeServer, type ReplyPart } from '@session-monitor/testing';
import { io, type Socket } from 'socket.io-client';
import { QUICK } from '../../support/client.js';
import type { Lab } from '../../support/lab.js';

/** The parts of a socket that the script uses besides those that a monitor uses. */
interface BareSocket {
  readonly connected: boolean;
  connect(): unknown;
  disconnect(): unknown;
  emit(event: string, payload: unknown, answered?: (answer: unknown) => void): unknown;
  on(event: string, listener: (payload: never) => void): unknown;
}

/** The requests that present a token. */
type TokenUse = 'register' | 'send' | 'ask';

export interface Stage {
  socket(): SocketLike & BareSocket;
  /** The monitor's options for the server's HTTP routes. */
  readonly http: SessionMonitorOptions;
  publish(thread_id: string, event: string, data: unknown): Promise<unknown>;
  publishEphemeral(thread_id: string, event: string, data: string): void;
  trim(thread_id: string, upTo: number, head: number): Promise<unknown>;
  erase(thread_id: string): Promise<unknown>;
  /** Refuses the next request of a kind because its token has expired. */
  expireToken(request: TokenUse): void;
  /** Cuts all connections, and refuses new ones until `up`. */
  down(): void;
  up(): void;
}

/** Either server's reply. */
const REPLY: readonly ReplyPart[] = [
  { type: 'analysis', text: 'Reading.' },
  { type: 'message', delta: 'One' },
  { type: 'message', delta: ' two' },
  { type: 'message', delta: ' three.' },
  { type: 'next_action', text: 'Ask for more.' },
];

const ACTIONS: Readonly<Record<TokenUse, string>> = {
  register: 'register',
  send: 'publish',
  ask: 'post',
};

async function* reply({ user_input }: { readonly user_input: string }) {
  if (user_input === 'Fail!') throw new Error('as it was asked to');
  yield* REPLY;
  if (user_input === 'Wait!') await new Promise(() => {});
}

export function fakeStage(lab: Lab): Stage {
  const server = fakeServer({ reply });
  lab.defer(() => server.close());
  const socket = (): FakeSocket => server.socket();
  return {
    socket,
    http: { fetch: server.fetch },
    publish: async (...event) => server.publish(...event),
    publishEphemeral: (...event) => server.publishEphemeral(...event),
    trim: async (thread_id, upTo) => server.trim(thread_id, upTo),
    erase: async (thread_id) => server.reset(thread_id),
    expireToken: (request) => server.refuse('token_expired', { request }),
    down: () => server.down(),
    up: () => server.up(),
  };
}

export async function realStage(lab: Lab): Promise<Stage> {
  const store = createMemoryStore();
  const expired = new Set<string>();
  const authorize: Authorize = ({ action }) => !expired.delete(action) || { denied: 'expired' };
  // What the server says of an event that is too large shows only if the payload is not.
  const settings = { retention: {}, limits: { payloadBytes: 1024 * 1024 } };
  const { app, proxy } = await lab.proxiedApp({ store, authorize, responder: reply, settings });
  const socket = (): Socket => {
    const made = io(proxy.url, { transports: ['websocket'], autoConnect: false, ...QUICK });
    lab.defer(() => made.disconnect());
    return made;
  };
  return {
    socket,
    http: { url: app.url },
    publish: (...event) => app.sessions.publish(...event),
    publishEphemeral: (...event) => app.sessions.publishEphemeral(...event),
    trim: (thread_id, upTo, head) =>
      store.logs.trim(thread_id, { maxEvents: head - upTo }, Number.MAX_SAFE_INTEGER),
    erase: (thread_id) => app.sessions.deleteThread(thread_id),
    expireToken: (request) => void expired.add(ACTIONS[request]),
    down() {
      proxy.refusing = true;
      proxy.cut();
    },
    up() {
      proxy.refusing = false;
    },
  };
}
