/**
 * The link to the server: a Socket.IO client socket, any 4.x, used through its public interface. It
 * turns what the socket says into the core's events, and the core's messages into emits.
 */

import {
  readServerDraining,
  readSessionExpired,
  readSessionTakenOver,
  readSystemPing,
  readThreadEphemeral,
  readThreadEvents,
  SERVER_EVENTS,
  type ThreadEphemeral,
  type Transport,
} from '@session-monitor/protocol';
import type { CoreEvent, LinkEnd } from '../core/events.js';
import { SessionMonitorError } from '../errors.js';
import { retryAfterOf } from './connect-error.js';

/**
 * Any Socket.IO client socket, whatever events it is typed for. (A method that takes `never` is
 * satisfied by every signature.)
 */
export interface SocketLike {
  readonly connected: boolean;
  readonly active: boolean;
  readonly io: object;
  on(event: never, listener: never): unknown;
  off(event: never, listener: never): unknown;
  emit(event: never, ...args: never): unknown;
  connect(): unknown;
  disconnect(): unknown;
  listeners(event: never): readonly unknown[];
  listenersAny(): readonly unknown[];
  onAny(listener: never): unknown;
  offAny(listener: never): unknown;
}

type Listener = (...args: never[]) => void;

interface Listenable {
  on(event: string, listener: Listener): unknown;
  off(event: string, listener: Listener): unknown;
}

/** Which transports the app has chosen when it made the socket. Undefined where that is not known. */
export interface TransportOptions {
  readonly transports?: unknown;
  readonly upgrade?: unknown;
  readonly query?: unknown;
  readonly extraHeaders?: unknown;
}

/** The parts of a socket that the client uses, with their types. */
export interface OpenSocket extends Listenable {
  /** What it authenticates with, if it shows that. */
  readonly auth?: unknown;
  readonly connected: boolean;
  readonly active: boolean;
  readonly io: Listenable & {
    readonly engine: Listenable & {
      readonly readyState: string;
      readonly transport: { readonly name: string };
    };
    /** The app's transport options, if the manager shows them. */
    readonly opts?: TransportOptions;
    /** The address that it connects to, if the manager shows it. */
    readonly uri?: unknown;
    reconnection(): unknown;
    /** How it waits before an attempt, if it shows that: milliseconds, and a share of them. */
    reconnectionDelay?(): unknown;
    reconnectionDelayMax?(): unknown;
    randomizationFactor?(): unknown;
  };
  emit(event: string, ...args: readonly unknown[]): unknown;
  connect(): unknown;
  disconnect(): unknown;
  listeners(event: string): readonly Listener[];
  listenersAny(): readonly Listener[];
  onAny(listener: Listener): unknown;
  offAny(listener: Listener): unknown;
}

/** The origin that the socket connects to: where the server's other routes are. */
export function originOf(socket: OpenSocket): string {
  const page = globalThis.location?.href;
  const uri = typeof socket.io.uri === 'string' ? socket.io.uri : page;
  try {
    return new URL(uri ?? '', page).origin;
  } catch {
    return '';
  }
}

/** @throws SessionMonitorError ERR_NOT_A_SOCKET */
export function openSocket(socket: SocketLike): OpenSocket {
  const value = socket as Partial<OpenSocket> | null | undefined;
  const isSocket =
    typeof value?.on === 'function' &&
    typeof value.emit === 'function' &&
    typeof value.connect === 'function' &&
    typeof value.listenersAny === 'function' &&
    typeof value.io === 'object';
  if (isSocket) return value as OpenSocket;
  throw new SessionMonitorError(
    'ERR_NOT_A_SOCKET',
    'The first argument must be a Socket.IO client socket, as io(url) returns it.',
  );
}

export interface SocketLinkHandlers {
  /** Something happened that the core has to know. */
  readonly dispatch: (event: CoreEvent) => void;
  /** An ephemeral event has arrived. */
  readonly onEphemeral: (ephemeral: ThreadEphemeral) => void;
  /** A message of the protocol cannot be read. */
  readonly malformed: (event: string) => void;
}

/** Which monitor's link is disconnecting a socket at this moment: several may share one. */
const GIVEN_UP_BY = new WeakMap<OpenSocket, SocketLink>();

export class SocketLink {
  readonly #socket: OpenSocket;
  readonly #handlers: SocketLinkHandlers;
  #detach: (() => void) | undefined;
  #unwatchEngine: (() => void) | undefined;

  constructor(socket: OpenSocket, handlers: SocketLinkHandlers) {
    this.#socket = socket;
    this.#handlers = handlers;
  }

  /** Begins to listen, and says whether the socket is connected already. */
  attach(): void {
    if (this.#detach) return;
    const { dispatch } = this.#handlers;
    const offs = [
      this.#on('connect', () => this.#onConnect()),
      this.#on('disconnect', (reason: string) => this.#onDisconnect(reason)),
      this.#on('connect_error', (error: Error) => {
        const retryAfterMs = retryAfterOf(error);
        // Socket.IO by itself would try again earlier.
        if (retryAfterMs) this.disconnect();
        dispatch({ type: 'link_failed', managed: this.#managed(), retryAfterMs, error });
      }),
      this.#read(SERVER_EVENTS.threadEvents, readThreadEvents, (frame) => ({
        type: 'frame',
        frame,
      })),
      this.#read(SERVER_EVENTS.sessionExpired, readSessionExpired, (notice) => ({
        type: 'expired',
        notice,
      })),
      this.#read(SERVER_EVENTS.sessionTakenOver, readSessionTakenOver, (notice) => ({
        type: 'taken_over',
        notice,
      })),
      this.#read(SERVER_EVENTS.serverDraining, readServerDraining, (notice) => ({
        type: 'draining',
        notice,
      })),
      this.#read(SERVER_EVENTS.systemPing, readSystemPing, ({ timestamp }) => ({
        type: 'system_ping',
        timestamp: timestamp ?? null,
      })),
      this.#on(SERVER_EVENTS.threadEphemeral, (payload: unknown) => {
        const ephemeral = readThreadEphemeral(payload);
        if (ephemeral) this.#handlers.onEphemeral(ephemeral);
        else this.#handlers.malformed(SERVER_EVENTS.threadEphemeral);
      }),
      listen(this.#socket.io, 'open', () => this.#onOpen()),
      listen(this.#socket.io, 'reconnect_attempt', () => dispatch({ type: 'link_attempt' })),
      listen(this.#socket.io, 'reconnect_failed', () => {
        dispatch({ type: 'link_failed', managed: false });
      }),
    ];
    this.#detach = () => {
      for (const off of offs) off();
    };
    // Reports what happened before this link listened.
    const { connected } = this.#socket;
    if (!connected) dispatch({ type: 'link_down', end: 'app', managed: this.#managed() });
    if (this.#socket.io.engine?.readyState === 'open') this.#onOpen();
    if (connected) this.#onConnect();
  }

  /** Stops listening. The socket stays as it is. */
  detach(): void {
    this.#detach?.();
    this.#detach = undefined;
    this.#unwatchEngine?.();
    this.#unwatchEngine = undefined;
  }

  /** Sends with an acknowledgement. Does nothing while there is no link: the core asks again. */
  request(event: string, message: object, answered: (answer: unknown) => void): void {
    if (this.#socket.connected) this.#socket.emit(event, message, answered);
  }

  send(event: string, message: object): void {
    if (this.#socket.connected) this.#socket.emit(event, message);
  }

  /** Whether the app wants a connection, or has one. */
  get active(): boolean {
    return this.#socket.active;
  }

  connect(): void {
    this.#socket.connect();
  }

  /** Also stops the manager's own attempts. */
  disconnect(): void {
    GIVEN_UP_BY.set(this.#socket, this);
    try {
      this.#socket.disconnect();
    } finally {
      GIVEN_UP_BY.delete(this.#socket);
    }
  }

  #onConnect(): void {
    this.#handlers.dispatch({ type: 'link_up', transport: this.#transport() });
  }

  #onDisconnect(reason: string): void {
    const by = GIVEN_UP_BY.get(this.#socket);
    const decided = DISCONNECT_ENDS[reason] ?? 'transport';
    const end = by === this ? 'monitor' : by ? 'sibling' : decided;
    this.#handlers.dispatch({
      type: 'link_down',
      end,
      managed: this.#managed(),
      reason,
    });
  }

  /** A new connection has a new engine, which is what upgrades. */
  #onOpen(): void {
    this.#unwatchEngine?.();
    const { engine } = this.#socket.io;
    const { dispatch } = this.#handlers;
    const report = (change: 'connect' | 'upgrade') => {
      const transport = this.#transport();
      if (transport) dispatch({ type: 'transport', change, transport });
    };
    const offs = [
      listen(engine, 'upgrade', () => report('upgrade')),
      listen(engine, 'upgradeError', (error: Error) => {
        dispatch({ type: 'upgrade_failed', reason: error.message });
      }),
    ];
    this.#unwatchEngine = () => {
      for (const off of offs) off();
    };
    report('connect');
  }

  #transport(): Transport | null {
    return (this.#socket.io.engine?.transport?.name as Transport | undefined) ?? null;
  }

  /** Whether Socket.IO goes on trying by itself. */
  #managed(): boolean {
    return this.#socket.active && this.#socket.io.reconnection() === true;
  }

  #on(event: string, listener: (payload: never) => void): () => void {
    return listen(this.#socket, event, listener);
  }

  /** Listens for one message: what parses is dispatched, the rest is reported as malformed. */
  #read<T>(
    event: string,
    parse: (value: unknown) => T | undefined,
    toEvent: (message: T) => CoreEvent,
  ): () => void {
    return this.#on(event, (payload: unknown) => {
      const message = parse(payload);
      if (message === undefined) this.#handlers.malformed(event);
      else this.#handlers.dispatch(toEvent(message));
    });
  }
}

/** Socket.IO's reasons that the app or the server decides; the network causes the others. */
const DISCONNECT_ENDS: Readonly<Record<string, LinkEnd>> = {
  'io client disconnect': 'app',
  'io server disconnect': 'server',
};

/** Returns the unsubscribe. */
export function listen(target: Listenable, event: string, listener: Listener): () => void {
  target.on(event, listener);
  return () => void target.off(event, listener);
}
