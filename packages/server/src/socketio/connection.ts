/** One Socket.IO socket as the rest of the server sees it: a peer that carries sessions. */

import type { Transport } from '@session-monitor/protocol';
import type { Socket } from 'socket.io';
import type { Logger, Trace } from '../observe/trace.js';
import type { Peer, V1LinkHandlers } from '../sessions/session.js';
import type { LinkMember } from '../threads/pump.js';
import type { Cancel, Clock } from '../util/clock.js';
import { V1Writer } from '../v1/writer.js';
import { BadInputReport } from './bad-input.js';
import { ConnectionLink, type ConnectionLinkOptions } from './connection-link.js';
import { endNow } from './end-now.js';
import { probeLink } from './link-probe.js';
import { TrafficMeter } from './traffic.js';
import type { UpgradeFailure } from './upgrade-failures.js';
import { type UpgradeWatchDeps, watchUpgrade } from './upgrade-watch.js';

/** The same for all connections of a server. */
export interface ConnectionOptions extends ConnectionLinkOptions {
  readonly clock: Clock;
  readonly trace: Trace;
  readonly logger: Logger;
  readonly addressOf: (socket: Socket) => string;
  /** Called when a connection follows something. */
  readonly registered?: ((conn: object) => void) | undefined;
  /** The traffic that something else counts already. */
  readonly received?: ((conn: object) => TrafficMeter | undefined) | undefined;
  /** Calls back if the server refuses the upgrade of a connection. */
  readonly onUpgradeRefused?: UpgradeWatchDeps['onRefused'];
  /** Whether a peer that never reads is disconnected. */
  readonly guarded: boolean;
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

type ConnTransport = Socket['conn']['transport'];

/** The packets that Engine.IO has not handed on to the transport yet. */
const waitingOn = ({ conn }: Socket): readonly Packet[] =>
  (conn as unknown as { readonly writeBuffer: readonly Packet[] }).writeBuffer;

/**
 * The most that waits for a peer that reads (I9). Frames wait in the log for a slow reader; answers cannot: they pile up
 * in Engine.IO's buffer. Thousands of answers: an honest client has a handful under way.
 */
const MAX_WAITING_PACKETS = 5_000;
/** Above the largest frame, which may wait for a poll beside the answers. */
const MAX_WAITING_BYTES = 2 * 1024 * 1024;

export class Connection implements Peer {
  readonly socket: Socket;
  readonly badInput: BadInputReport;
  /** Milliseconds since 1970. */
  readonly connectedAt: number;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  readonly received: TrafficMeter;
  readonly sent: TrafficMeter;
  readonly #transports: TransportChange[];
  readonly #link: ConnectionLink;
  readonly #options: ConnectionOptions;
  /** Bytes that wait to be written, while any do. */
  #waitingBytes = 0;
  #unwatchUpgrade: Cancel | undefined;
  #failedUpgrades = 0;
  #upgradeFailure: UpgradeFailure | null = null;
  #hasFollowed = false;
  /** Ends the wait for the first registration. */
  #awaited: Cancel | undefined;

  constructor(socket: Socket, options: ConnectionOptions) {
    const { clock, trace } = options;
    const { conn } = socket;
    this.socket = socket;
    this.badInput = new BadInputReport(socket.id, trace, clock);
    this.#options = options;
    this.#link = new ConnectionLink(socket, options);
    this.connectedAt = clock.wall();
    this.startedAt = clock.now();
    const counted = options.received?.(conn);
    this.received = counted ?? new TrafficMeter(this.startedAt);
    this.sent = new TrafficMeter(this.startedAt);
    this.#transports = [{ transport: this.transport, at: this.connectedAt }];
    if (!counted) conn.on('packet', this.#onReceived);
    conn.on('packetCreate', this.#onSent);
    // A WebSocket connection never upgrades, and is spared the listeners.
    if (this.transport === 'polling') this.#unwatchUpgrade = this.#watchUpgrade();
  }

  get logger(): Logger {
    return this.#options.logger;
  }

  get id(): string {
    return this.socket.id;
  }

  get transport(): Transport {
    return this.socket.conn.transport.name as Transport;
  }

  get closed(): boolean {
    return !this.socket.connected;
  }

  /** The address of the client, as far as proxies in front of the server say it. */
  get address(): string {
    return this.#options.addressOf(this.socket);
  }

  get userAgent(): string | null {
    return this.socket.handshake.headers['user-agent'] ?? null;
  }

  /** The transports that it has used, oldest first. */
  get transports(): readonly TransportChange[] {
    return this.#transports;
  }

  /** Upgrades that were refused, or begun and not completed. */
  get failedUpgrades(): number {
    return this.#failedUpgrades;
  }

  /** Why the newest of them failed; null without one. */
  get upgradeFailure(): UpgradeFailure | null {
    return this.#upgradeFailure;
  }

  /** Whether its far end answers by itself within `ms`; null where that cannot be asked. */
  answersWithin(ms: number): Promise<boolean | null> {
    return probeLink(this.socket, ms, this.#options.clock);
  }

  /** What waits to be written, in Engine.IO and in the WebSocket. */
  get buffered(): { readonly packets: number; readonly bytes: number } {
    const { conn } = this.socket;
    const writeBuffer = waitingOn(this.socket);
    const { socket } = conn.transport as { readonly socket?: { readonly bufferedAmount?: number } };
    const waiting = writeBuffer.reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
    return { packets: writeBuffer.length, bytes: waiting + (socket?.bufferedAmount ?? 0) };
  }

  link(session_id: string, thread_id: string): LinkMember {
    return this.#link.for(session_id, thread_id);
  }

  v1Link(handlers: V1LinkHandlers): LinkMember {
    const { readyMade } = this.#options;
    return this.#link.through(new V1Writer(this.socket, readyMade, handlers));
  }

  /** Calls back unless the connection follows something within so many milliseconds. */
  awaitRegistration(ms: number, call: () => void): void {
    this.#awaited?.();
    this.#awaited = this.#options.clock.after(ms, call);
  }

  /** Whether it follows something, or did. */
  get hasFollowed(): boolean {
    return this.#hasFollowed;
  }

  /** The connection follows something. */
  registered(): void {
    this.#hasFollowed = true;
    this.#waitNoLonger();
    this.#options.registered?.(this.socket.conn);
  }

  #waitNoLonger(): void {
    this.#awaited?.();
    this.#awaited = undefined;
  }

  /** Stops watching the Engine.IO connection, which may outlive this socket and carry another. */
  close(): void {
    const { conn } = this.socket;
    this.#waitNoLonger();
    this.#link.close();
    this.badInput.close();
    conn.off('packet', this.#onReceived);
    conn.off('packetCreate', this.#onSent);
    this.#unwatchUpgrade?.();
  }

  notify(event: string, payload: object): void {
    if (this.socket.connected) this.socket.emit(event, payload);
  }

  /** Closes the transport: a client reconnects after that, but not after a `disconnect` by the server. */
  drop(): void {
    this.socket.conn.close();
  }

  cut(): void {
    endNow(this.socket.conn);
  }

  /** Ends it in the same way. Resolves when it has ended. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      this.socket.once('disconnect', () => resolve());
      const { conn } = this.socket;
      // It may wait half a minute already for a poll to say goodbye to: a stop does not.
      if (conn.readyState === 'closing') {
        endNow(conn);
        return;
      }
      // The buffer goes first, unless the peer cannot take it: between two polls, or if it does not read.
      // mutant: v1-clients-are-sent-away-for-good
      conn.close(!conn.transport.writable);
    });
  }

  readonly #onReceived = ({ data }: Packet): void =>
    this.received.add(data?.length ?? 0, this.#options.clock.now());

  readonly #onSent = ({ data }: Packet): void => {
    const bytes = data?.length ?? 0;
    this.sent.add(bytes, this.#options.clock.now());
    if (!this.#options.guarded) return;
    // Engine.IO emits this before it buffers the packet.
    const waiting = waitingOn(this.socket).length;
    this.#waitingBytes = waiting === 0 ? bytes : this.#waitingBytes + bytes;
    if (waiting >= MAX_WAITING_PACKETS || this.#waitingBytes > MAX_WAITING_BYTES) this.#overflow();
  };

  #watchUpgrade(): Cancel {
    const { onUpgradeRefused: onRefused, trace } = this.#options;
    return watchUpgrade({
      conn: this.socket.conn,
      onRefused,
      onUpgraded: (transport) => this.#onUpgrade(transport),
      onFailed: (to, reason) => {
        this.#failedUpgrades += 1;
        this.#upgradeFailure = reason;
        trace('upgrade_failed', { connection: this.id, to, transport: this.transport, reason });
      },
    });
  }

  #onUpgrade(transport: ConnTransport): void {
    const from = this.#transports.at(-1)?.transport;
    this.#transports.push({ transport: this.transport, at: this.#options.clock.wall() });
    this.#options.trace('upgrade', { connection: this.id, from, transport: this.transport });
    this.#link.upgraded(transport);
  }

  #overflow(): void {
    this.close();
    this.#options.trace('overflow', { connection: this.id, transport: this.transport });
    // Without waiting for the buffer, which never drains.
    endNow(this.socket.conn);
  }
}
