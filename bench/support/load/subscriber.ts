/**
 * Subscribers that cost as little as possible, so that the server is what is measured: a WebSocket and a few
 * lines for each dialect, the same for all peers. Each decodes every event and checks its number.
 */

import { WebSocket } from 'ws';
import type { Payload } from '../payload.js';

export interface SubscriberOptions {
  readonly port: number;
  readonly thread: string;
  /** Called for each event, in order. */
  readonly onEvent: (event: Payload) => void;
}

export type Entry = readonly [name: string, event: Payload];

export abstract class Subscriber {
  protected readonly options: SubscriberOptions;
  /** Resolves when it follows its thread on its latest connection. */
  joined: Promise<void> = Promise.resolve();
  protected socket: WebSocket;
  protected settle: () => void = () => {};
  readonly #path: string;
  readonly #answers = new Map<number, () => void>();
  #last = 0;
  #asked = 0;
  /** Bytes of earlier connections. */
  #formerBytes = 0;

  constructor(options: SubscriberOptions, path: string) {
    this.options = options;
    this.#path = path;
    this.socket = this.connect();
  }

  /** Events received. */
  get count(): number {
    return this.#last;
  }

  /** Bytes over all its connections in both directions, below WebSocket. */
  get bytes(): number {
    return this.#formerBytes + passed(this.socket);
  }

  /** Opens a connection. A later one continues where the earlier one ended, if the dialect can. */
  connect(): WebSocket {
    if (this.socket) this.#formerBytes += passed(this.socket);
    const { port } = this.options;
    const socket = new WebSocket(`ws://127.0.0.1:${port}${this.#path}`, {
      perMessageDeflate: false,
    });
    socket.on('message', (data) => this.receive(data.toString()));
    this.joined = new Promise((resolve, reject) => {
      this.settle = resolve;
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('Closed')));
    });
    // A caller that awaits it gets the error; without one this avoids an unhandled rejection.
    this.joined.catch(() => {});
    this.opened(socket);
    this.socket = socket;
    return socket;
  }

  /** Ends the connection without a closing handshake. Resolves when it has ended. */
  cut(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.socket.once('close', () => resolve()));
    this.socket.terminate();
    return closed;
  }

  close(): void {
    this.socket.terminate();
  }

  /** Sends a heartbeat. Resolves when the server has acknowledged it. */
  ping(): Promise<void> {
    this.#asked += 1;
    const id = this.#asked;
    const answered = new Promise<void>((resolve) => this.#answers.set(id, resolve));
    this.sendPing(id);
    return answered;
  }

  protected abstract receive(text: string): void;
  protected abstract sendPing(id: number): void;
  protected opened(_socket: WebSocket): void {}

  protected answered(id: number): void {
    this.#answers.get(id)?.();
    this.#answers.delete(id);
  }

  protected take(event: Payload): void {
    if (event.n !== this.#last + 1) throw new Error(`${event.n} came after ${this.#last}`);
    this.#last = event.n;
    this.options.onEvent(event);
  }
}

interface NetSocket {
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** Read from the socket below: `ws` does not count bytes. */
function passed(socket: WebSocket): number {
  const { _socket } = socket as unknown as { readonly _socket?: NetSocket | null };
  return _socket ? _socket.bytesRead + _socket.bytesWritten : 0;
}
