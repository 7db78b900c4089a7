/** A Socket.IO client socket without Socket.IO: what a monitor and an app use of one, over a fake network. */

import type { FakeConnection } from './fake-connection.js';
import { SocketListeners } from './socket-listeners.js';

type Answered = (answer: unknown) => void;

/** What a socket is plugged into. */
export interface FakeNetwork {
  /** The server's nominal address. Nothing connects there. */
  readonly url: string;
  readonly transport: string;
  /** Whether the test is over. */
  readonly isClosed: boolean;
  carry(arrive: () => void): void;
  /** Calls back once; returns what stops it. */
  after(ms: number, fn: () => void): () => void;
  /** A connection; undefined while the server is down. */
  open(socket: FakeSocket): FakeConnection | undefined;
  /** The socket has joined the namespace. */
  joined(connection: FakeConnection): void;
  received(connection: FakeConnection, event: string, payload: unknown, answered?: Answered): void;
  left(connection: FakeConnection): void;
}

/** Socket.IO waits a second, too long for a test. */
const FIRST_RETRY_MS = 20;
/** Socket.IO's. */
const LONGEST_RETRY_MS = 5_000;

class FakeManager extends SocketListeners {
  readonly uri: string;
  /** The transport is never upgraded, so the engine emits nothing. */
  readonly engine: {
    readyState: string;
    readonly transport: { readonly name: string };
    readonly on: () => void;
    readonly off: () => void;
  };

  constructor({ url, transport }: FakeNetwork) {
    super();
    this.uri = url;
    this.engine = {
      readyState: 'closed',
      transport: { name: transport },
      on: () => {},
      off: () => {},
    };
  }

  reconnection(): boolean {
    return true;
  }

  /** @internal It tries again, for the nth time. */
  retries(attempt: number): void {
    this.fire('reconnect_attempt', attempt);
  }

  /** @internal @param attempt the number of the retry that has led to this; 0 for none */
  opened(attempt: number): void {
    this.engine.readyState = 'open';
    this.fire('open');
    if (attempt > 0) this.fire('reconnect', attempt);
  }
}

/** As `io(url)` would return it. It connects when `connect()` is called, or when a monitor starts. */
export class FakeSocket extends SocketListeners {
  /** Whether it has joined the server's namespace. */
  connected = false;
  /** Whether it is connected, or goes on trying. */
  active = false;
  /** The id of the connection, while there is one. */
  id: string | undefined;
  /** @internal Whether it will be connected again by a monitor that the server has asked to come back later. */
  isExpected = false;
  readonly io: FakeManager;
  readonly #network: FakeNetwork;
  #connection: FakeConnection | undefined;
  /** Numbers the attempts: what belongs to an earlier one is void. */
  #attempt = 0;
  #isTrying = false;
  #failures = 0;
  #cancelRetry: () => void = () => {};

  constructor(network: FakeNetwork) {
    super();
    this.#network = network;
    this.io = new FakeManager(network);
  }

  get disconnected(): boolean {
    return !this.connected;
  }

  /** @internal */
  get connection(): FakeConnection | undefined {
    return this.#connection;
  }

  connect(): this {
    if (this.connected || this.#network.isClosed) return this;
    this.active = true;
    this.isExpected = false;
    if (!this.#isTrying) this.#dial();
    return this;
  }

  /** Final, until `connect()`. */
  disconnect(): this {
    const { connected } = this;
    const connection = this.#connection;
    this.active = false;
    this.isExpected = false;
    this.#failures = 0;
    this.#reset();
    connection?.toServer(() => this.#network.left(connection));
    if (connected) this.fire('disconnect', 'io client disconnect');
    return this;
  }

  /** Sends; without a connection nothing. A function as the last argument is called with the answer. */
  emit(event: string, ...args: readonly unknown[]): this {
    const connection = this.#connection;
    if (!connection || !this.connected) return this;
    const last = args.at(-1);
    const answered = typeof last === 'function' ? (last as Answered) : undefined;
    const text = JSON.stringify(typeof args[0] === 'function' ? undefined : args[0]);
    connection.toServer(() => {
      const payload: unknown = text === undefined ? undefined : JSON.parse(text);
      this.#network.received(connection, event, payload, answered);
    });
    return this;
  }

  /** @internal */
  uses(connection: FakeConnection): boolean {
    return this.#connection === connection;
  }

  /** @internal */
  received(event: string, payload: unknown): void {
    this.fireReceived(event, payload);
  }

  /** @internal */
  lost(connection: FakeConnection): void {
    if (!this.uses(connection)) return;
    this.#reset();
    this.fire('disconnect', 'transport close');
    // A listener may have decided what follows.
    if (this.active && !this.#isTrying) this.#retry();
    this.isExpected = !this.active && connection.isEnding;
  }

  /** No connection, and nothing under way to one. */
  #reset(): void {
    this.connected = false;
    this.id = undefined;
    this.#connection = undefined;
    this.io.engine.readyState = 'closed';
    this.#attempt += 1;
    this.#isTrying = false;
    this.#cancelRetry();
  }

  #dial(): void {
    this.#isTrying = true;
    const attempt = this.#attempt;
    this.#network.carry(() => {
      if (attempt !== this.#attempt) return;
      const connection = this.#network.open(this);
      if (!connection) return this.#refused();
      this.#connection = connection;
      this.io.opened(this.#failures);
      connection.toClient(() => this.#joined(connection));
      this.#network.joined(connection);
    });
  }

  #joined(connection: FakeConnection): void {
    this.connected = true;
    this.id = connection.id;
    this.#isTrying = false;
    this.#failures = 0;
    this.fire('connect');
  }

  #refused(): void {
    this.#reset();
    const { name } = this.io.engine.transport;
    const message = name === 'polling' ? 'xhr poll error' : `${name} error`;
    this.fire('connect_error', Object.assign(new Error(message), { type: 'TransportError' }));
    if (this.active && !this.#isTrying) this.#retry();
  }

  #retry(): void {
    this.#isTrying = true;
    const ms = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures);
    this.#failures += 1;
    const attempt = this.#attempt;
    this.#cancelRetry = this.#network.after(ms, () => {
      this.io.retries(this.#failures);
      if (attempt === this.#attempt) this.#dial();
    });
  }
}
