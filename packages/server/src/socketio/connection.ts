/** One Socket.IO socket as the rest of the server sees it: a peer that carries sessions. */

import type { Transport } from '@session-monitor/protocol';
import type { Socket } from 'socket.io';
import type { Clock } from '../clock.js';
import type { Peer, V1LinkHandlers } from '../sessions/session.js';
import type { PumpLink } from '../threads/pump.js';
import { type LinkOptions, SocketLink } from './link.js';
import { TrafficMeter } from './traffic.js';
import { V1Writer } from './v1-writer.js';

export interface ConnectionOptions extends LinkOptions {
  readonly clock: Clock;
}

/** When a connection began to use a transport. */
export interface TransportChange {
  readonly transport: Transport;
  /** Milliseconds since 1970. */
  readonly at: number;
}

interface Packet {
  readonly data?: string | { readonly length: number };
}

export class Connection implements Peer {
  /** Milliseconds since 1970. */
  readonly connectedAt: number;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  readonly received: TrafficMeter;
  readonly sent: TrafficMeter;
  readonly #transports: TransportChange[];
  readonly #socket: Socket;
  readonly #link: SocketLink;
  readonly #options: ConnectionOptions;
  #failedUpgrades = 0;

  constructor(socket: Socket, options: ConnectionOptions) {
    const { clock } = options;
    this.#socket = socket;
    this.#options = options;
    this.#link = new SocketLink(socket, options);
    this.connectedAt = clock.wall();
    this.startedAt = clock.now();
    this.received = new TrafficMeter(this.startedAt);
    this.sent = new TrafficMeter(this.startedAt);
    this.#transports = [{ transport: this.transport, at: this.connectedAt }];
    socket.conn.on('packet', this.#onReceived);
    socket.conn.on('packetCreate', this.#onSent);
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

  /** The address of the peer, or of the proxy in front of it. */
  get address(): string {
    return this.#socket.handshake.address;
  }

  get userAgent(): string | null {
    return this.#socket.handshake.headers['user-agent'] ?? null;
  }

  /** The transports that it has used, oldest first. */
  get transports(): readonly TransportChange[] {
    return this.#transports;
  }

  /** Upgrades that were begun and not completed. */
  get failedUpgrades(): number {
    return this.#failedUpgrades;
  }

  /** What waits to be written, in Engine.IO and in the WebSocket. */
  get buffered(): { readonly packets: number; readonly bytes: number } {
    const { conn } = this.#socket;
    const { writeBuffer } = conn as unknown as { readonly writeBuffer: readonly Packet[] };
    const { socket } = conn.transport as { readonly socket?: { readonly bufferedAmount?: number } };
    const waiting = writeBuffer.reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
    return { packets: writeBuffer.length, bytes: waiting + (socket?.bufferedAmount ?? 0) };
  }

  link(session_id: string, thread_id: string): PumpLink {
    return this.#link.for(session_id, thread_id);
  }

  v1Link(handlers: V1LinkHandlers): PumpLink {
    const { readyMade } = this.#options;
    return this.#link.through(new V1Writer(this.#socket, readyMade, handlers));
  }

  /** Takes note of a completed upgrade. */
  upgraded(): void {
    this.#transports.push({ transport: this.transport, at: this.#options.clock.wall() });
  }

  /** Takes note of one that was begun and came to nothing. */
  upgradeFailed(): void {
    this.#failedUpgrades += 1;
  }

  /** Stops watching the Engine.IO connection, which may outlive this socket and carry another. */
  close(): void {
    this.#link.close();
    this.#socket.conn.off('packet', this.#onReceived);
    this.#socket.conn.off('packetCreate', this.#onSent);
  }

  notify(event: string, payload: object): void {
    if (this.#socket.connected) this.#socket.emit(event, payload);
  }

  /** A client reconnects after a lost transport; after a `disconnect` of the server's it does not. */
  drop(): void {
    this.#socket.conn.close();
  }

  /** Ends it in the same way. Resolves when it has ended. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.once('disconnect', () => resolve());
      const { conn } = this.#socket;
      // What is buffered goes first, unless there is nobody to take it: between two polls, or a peer
      // that does not read.
      conn.close(!conn.transport.writable);
    });
  }

  readonly #onReceived = ({ data }: Packet): void =>
    this.received.add(data?.length ?? 0, this.#options.clock.now());

  readonly #onSent = ({ data }: Packet): void =>
    this.sent.add(data?.length ?? 0, this.#options.clock.now());
}
