/** One Socket.IO socket as the rest of the server sees it: a peer that carries sessions. */

import type { Transport } from '@session-monitor/protocol';
import type { Socket } from 'socket.io';
import type { Peer } from '../sessions/session.js';
import type { PumpLink } from '../threads/pump.js';
import { type LinkOptions, SocketLink } from './link.js';

export class Connection implements Peer {
  readonly #socket: Socket;
  readonly #link: SocketLink;

  constructor(socket: Socket, options: LinkOptions) {
    this.#socket = socket;
    this.#link = new SocketLink(socket, options);
  }

  get id(): string {
    return this.#socket.id;
  }

  get transport(): Transport {
    return this.#socket.conn.transport.name as Transport;
  }

  get closed(): boolean {
    return !this.#socket.connected;
  }

  link(session_id: string, thread_id: string): PumpLink {
    return this.#link.for(session_id, thread_id);
  }

  /** Stops watching the Engine.IO connection. */
  close(): void {
    this.#link.close();
  }

  notify(event: string, payload: object): void {
    if (this.#socket.connected) this.#socket.emit(event, payload);
  }
}
