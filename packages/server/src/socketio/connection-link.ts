/**
 * Writes frames to a Socket.IO connection. With the default parser a frame is written as a ready-made packet
 * (`socket.conn.write`, public API): it is text already, and encoding it again would cost more than sending it. With
 * another parser it goes through `emit`.
 */

import { SERVER_EVENTS } from '@session-monitor/protocol';
import { isScarce } from '@session-monitor/protocol/rules';
import type { Socket } from 'socket.io';
import type { EphemeralEvent } from '../threads/ephemeral.js';
import { encodeFrame, isShared } from '../threads/frame-text.js';
import type { Frame, LinkMember } from '../threads/pump.js';
import type { Subscriber } from '../threads/thread-log.js';
import { SmallSet } from '../util/small-set.js';

/** Socket.IO packet type 2: an event. */
const EVENT_PACKET = '2';

/** The prefix of an event's JSON in a packet of the default parser. */
export const eventPacketPrefix = ({ nsp }: Socket): string =>
  nsp.name === '/' ? EVENT_PACKET : `${EVENT_PACKET}${nsp.name},`;

export interface ConnectionLinkOptions {
  /** The most bytes that all sessions of the connection together may have in flight. */
  readonly windowBytes: number;
  /** Whether the server uses Socket.IO's default parser. */
  readonly readyMade: boolean;
}

type Conn = Socket['conn'];

/** Writes the frames of a session onto the wire. */
export interface Writer {
  readonly thread_id: string;
  /** @param alone whether no other session of the connection follows the thread */
  write(frame: Frame, alone: boolean): void;
  writeEphemeral(ephemeral: EphemeralEvent): void;
  /** The most events that one frame may hold at the moment. */
  maxEvents?(): number;
  /** The session has left the connection. */
  close(): void;
}

/** A connection's outgoing side, shared by the pumps of its sessions. */
export class ConnectionLink {
  readonly #socket: Socket;
  readonly #conn: Conn;
  readonly #options: ConnectionLinkOptions;
  readonly #members = new SmallSet<ConnectionLinkMember>();
  #spentBytes = 0;
  #transport: Conn['transport'];

  constructor(socket: Socket, options: ConnectionLinkOptions) {
    this.#socket = socket;
    this.#conn = socket.conn;
    this.#options = options;
    this.#transport = socket.conn.transport;
    this.#watch(this.#transport);
  }

  /** Stops watching the connection, which may go on under another socket. */
  close(): void {
    this.#transport.off('ready', this.#onReady);
  }

  /** The link as the pump of one v2 session sees it: frames go as `thread_events`. */
  for(session_id: string, thread_id: string): LinkMember {
    const { readyMade } = this.#options;
    return this.through(new FrameWriter(this.#socket, readyMade, session_id, thread_id));
  }

  /** The link as the pump of one session sees it. */
  through(writer: Writer): LinkMember {
    return new ConnectionLinkMember(this, writer);
  }

  /** @internal for its members, as everything below */
  add(member: ConnectionLinkMember): void {
    this.#members.add(member);
  }

  remove(member: ConnectionLinkMember): void {
    this.#members.delete(member);
  }

  writable(): boolean {
    return this.#conn.readyState === 'open' && this.#conn.transport.writable;
  }

  credit(): number {
    return this.#options.windowBytes - this.#spentBytes;
  }

  scarce(): boolean {
    return isScarce(this.#spentBytes, this.#options.windowBytes);
  }

  charge(bytes: number): void {
    const wasSpent = this.credit() <= 0;
    this.#spentBytes += bytes;
    // One session's acknowledgement is another's credit. Wake outside the pump that freed it.
    // mutant: returned-credit-wakes-no-pump
    if (wasSpent && this.credit() > 0) queueMicrotask(() => this.#wake());
  }

  /** Whether no other session of the connection follows the thread. If one does, frames name their session. */
  isAlone(member: ConnectionLinkMember): boolean {
    if (this.#members.size === 1) return true;
    for (const other of this.#members.all()) {
      if (other !== member && other.thread_id === member.thread_id) return false;
    }
    return true;
  }

  /** Moves a session to the end of the line: the next time the transport drains, others go first. */
  rotate(member: ConnectionLinkMember): void {
    if (this.#members.size > 1 && this.#members.delete(member)) this.#members.add(member);
  }

  /** Takes the new transport and wakes the pumps: a poll answered during the upgrade may never report its drain. */
  upgraded(transport: Conn['transport']): void {
    this.#watch(transport);
    // mutant: an-upgrade-wakes-no-pump
    this.#wake();
  }

  readonly #onReady = (): void => this.#wake();

  #watch(transport: Conn['transport']): void {
    this.#transport.off('ready', this.#onReady);
    this.#transport = transport;
    // Engine.IO's own listener, registered first, writes out what it has buffered.
    transport.on('ready', this.#onReady);
  }

  #wake(): void {
    for (const member of this.#members.all()) {
      if (!this.writable()) return;
      member.wake();
    }
  }
}

/** One session's part in a connection. */
class ConnectionLinkMember implements LinkMember {
  readonly #link: ConnectionLink;
  readonly #writer: Writer;
  #subscriber: Subscriber | undefined;

  constructor(link: ConnectionLink, writer: Writer) {
    this.#link = link;
    this.#writer = writer;
  }

  get thread_id(): string {
    return this.#writer.thread_id;
  }

  join(subscriber: Subscriber): () => void {
    this.#subscriber = subscriber;
    this.#link.add(this);
    return () => {
      this.#subscriber = undefined;
      this.#link.remove(this);
      this.#writer.close();
    };
  }

  wake(): void {
    this.#subscriber?.wake();
  }

  writable(): boolean {
    return this.#link.writable();
  }

  credit(): number {
    return this.#link.credit();
  }

  scarce(): boolean {
    return this.#link.scarce();
  }

  charge(bytes: number): void {
    this.#link.charge(bytes);
  }

  maxEvents(): number {
    return this.#writer.maxEvents?.() ?? Number.POSITIVE_INFINITY;
  }

  send(frame: Frame): void {
    if (!this.#subscriber) return;
    this.#writer.write(frame, this.#link.isAlone(this));
    this.#link.rotate(this);
  }

  pass(ephemeral: EphemeralEvent): void {
    if (this.#subscriber) this.#writer.writeEphemeral(ephemeral);
  }
}

/** Writes frames as `thread_events`. */
class FrameWriter implements Writer {
  readonly thread_id: string;
  readonly #socket: Socket;
  readonly #readyMade: boolean;
  readonly #session_id: string;

  constructor(socket: Socket, readyMade: boolean, session_id: string, thread_id: string) {
    this.#socket = socket;
    this.#readyMade = readyMade;
    this.#session_id = session_id;
    this.thread_id = thread_id;
  }

  write(frame: Frame, alone: boolean): void {
    if (!this.#readyMade) {
      const text = encodeFrame(this.thread_id, frame, alone ? undefined : this.#session_id);
      this.#socket.emit(SERVER_EVENTS.threadEvents, JSON.parse(text));
      return;
    }
    this.#socket.conn.write(
      alone && frame.slice && isShared(frame)
        ? frame.slice.encoded(this.#key(frame), () => this.#packet(frame, undefined))
        : this.#packet(frame, alone ? undefined : this.#session_id),
    );
  }

  writeEphemeral(ephemeral: EphemeralEvent): void {
    const { thread_id, event, data } = ephemeral;
    const message = { thread_id, event, data };
    if (!this.#readyMade) {
      this.#socket.emit(SERVER_EVENTS.threadEphemeral, message);
      return;
    }
    const prefix = eventPacketPrefix(this.#socket);
    const encode = () => `${prefix}${JSON.stringify([SERVER_EVENTS.threadEphemeral, message])}`;
    this.#socket.conn.write(ephemeral.encoded(prefix, encode));
  }

  close(): void {}

  /** Distinguishes the packets of one slice. */
  #key({ ack }: Frame): string {
    const { name } = this.#socket.nsp;
    return ack ? `${name}?` : name;
  }

  #packet(frame: Frame, session_id: string | undefined): string {
    const prefix = eventPacketPrefix(this.#socket);
    const text = encodeFrame(this.thread_id, frame, session_id);
    return `${prefix}["${SERVER_EVENTS.threadEvents}",${text}]`;
  }
}
