/** A Socket.IO server with one namespace, and its sockets: as much as the session server uses. */

import { EventEmitter } from 'node:events';
import type { Socket } from 'socket.io';
import { OriginCheck } from '../../../packages/server/src/access/origin-check.js';
import { listedOrigins } from '../../../packages/server/src/access/origins.js';
import { silentLogger } from '../../../packages/server/src/observe/trace.js';
import type { Endpoint } from '../../../packages/server/src/session-engine.js';
import { decodePacket, encodePacket } from '../network/packets.js';
import type { EngineSocket } from './engine-socket.js';

/** Observes all events of a socket, at the server's end. */
export interface SocketWatch {
  /** An event that arrived, before its handler runs. */
  arrived(socket: ServerSocket, event: string, payload: unknown): void;
  /** After its handlers' synchronous work. */
  handled(socket: ServerSocket, event: string, payload: unknown): void;
  /** The answer to an event, before it leaves. */
  answered(socket: ServerSocket, event: string, payload: unknown, answer: unknown): void;
  /** Whether it wants to see the event that a packet holds. */
  wants(packet: string): boolean;
  /** An event that leaves. */
  leaves(socket: ServerSocket, event: string, payload: unknown): void;
}

export class ServerSocket {
  readonly id: string;
  /** The name of the process that has it. */
  readonly node: string;
  /** Grows with each socket of a world. */
  readonly ordinal: number;
  readonly conn: EngineSocket;
  readonly nsp = { name: '/' };
  readonly request = { headers: {}, socket: { remoteAddress: '192.0.2.1' } };
  readonly handshake: {
    readonly address: string;
    readonly auth: Readonly<Record<string, unknown>>;
    readonly headers: Readonly<Record<string, string>>;
  };
  connected = true;
  readonly #events = new EventEmitter();
  readonly #any: ((...args: unknown[]) => void)[] = [];
  readonly #watch: SocketWatch;

  static #count = 0;

  constructor(
    id: string,
    node: string,
    conn: EngineSocket,
    auth: Record<string, unknown>,
    watch: SocketWatch,
  ) {
    this.id = id;
    this.node = node;
    ServerSocket.#count += 1;
    this.ordinal = ServerSocket.#count;
    this.conn = conn;
    this.handshake = { address: '192.0.2.1', auth, headers: {} };
    this.#watch = watch;
    conn.on('data', (text: string) => this.#onPacket(text));
    conn.on('close', (reason: string) => this.#close(reason));
    // Frames are written ready-made, past `emit`.
    conn.on('packetCreate', ({ data }: { data?: string }) => this.#onWritten(data));
  }

  on(event: string, listener: (...args: unknown[]) => void): this {
    this.#events.on(event, listener);
    return this;
  }

  once(event: string, listener: (...args: unknown[]) => void): this {
    this.#events.once(event, listener);
    return this;
  }

  off(event: string, listener: (...args: unknown[]) => void): this {
    this.#events.off(event, listener);
    return this;
  }

  onAny(listener: (...args: unknown[]) => void): this {
    this.#any.push(listener);
    return this;
  }

  listenerCount(event: string): number {
    return this.#events.listenerCount(event);
  }

  emit(event: string, ...args: readonly unknown[]): boolean {
    if (this.connected) this.conn.write(encodePacket({ type: 'event', args: [event, ...args] }));
    return true;
  }

  disconnect(close = false): this {
    if (!this.connected) return this;
    this.conn.write(encodePacket({ type: 'disconnect' }));
    this.#close('server namespace disconnect');
    if (close) this.conn.close();
    return this;
  }

  #onPacket(text: string): void {
    if (!this.connected) return;
    const packet = decodePacket(text);
    if (packet.type === 'disconnect') this.#close('client namespace disconnect');
    if (packet.type !== 'event') return;
    const [event, payload] = packet.args;
    const name = String(event);
    const args = packet.args.slice(1);
    const { id } = packet;
    if (id !== undefined) args.push((answer: unknown) => this.#answer(id, name, payload, answer));
    this.#watch.arrived(this, name, payload);
    for (const listener of this.#any) Reflect.apply(listener, this, [name, ...args]);
    this.#emit(name, args);
    this.#watch.handled(this, name, payload);
  }

  #answer(id: number, event: string, payload: unknown, answer: unknown): void {
    if (!this.connected) return;
    this.#watch.answered(this, event, payload, answer);
    this.conn.write(encodePacket({ type: 'ack', id, args: [answer] }));
  }

  #onWritten(data: string | undefined): void {
    if (data?.[0] !== '2' || !this.#watch.wants(data)) return;
    const packet = decodePacket(data);
    if (packet.type !== 'event') return;
    this.#watch.leaves(this, String(packet.args[0]), packet.args[1]);
  }

  #close(reason: string): void {
    if (!this.connected) return;
    this.connected = false;
    this.#emit('disconnect', [reason]);
  }

  /** As in Socket.IO: with the socket as `this`. */
  #emit(event: string, args: readonly unknown[]): void {
    for (const listener of this.#events.rawListeners(event)) Reflect.apply(listener, this, args);
  }
}

/** The endpoint of the session server: as much of Socket.IO's server as it uses. */
export class SocketServer extends EventEmitter implements Endpoint {
  readonly readyMade = true;
  readonly path = '/socket.io/';
  readonly misroutedRequests = { count: 0, recently: 0 };
  readonly addresses = { trustProxy: false, exemptLocal: false };
  /** A simulated server gets only sockets. */
  readonly originCheck = new OriginCheck({
    policy: listedOrigins([], false),
    loopbackOnly: false,
    clock: { now: () => 0 },
    logger: silentLogger,
    logAddresses: false,
  });

  release(): void {}

  connect(socket: ServerSocket): void {
    this.emit('connection', socket as unknown as Socket);
  }
}
