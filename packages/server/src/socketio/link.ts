/**
 * How frames leave over a Socket.IO connection. With the default parser a frame is written as a
 * ready-made packet (`socket.conn.write`, public API): it is text already, and encoding it again
 * would cost more than sending it. With another parser it goes through `emit`.
 */

import { SERVER_EVENTS } from '@session-monitor/protocol';
import type { Socket } from 'socket.io';
import type { Frame, PumpLink } from '../threads/pump.js';
import type { Sleeper } from '../threads/thread-log.js';
import { encodeFrame } from './frame.js';

/** Socket.IO packet type 2: an event. */
const EVENT_PACKET = '2';

/** What stands before the JSON of an event, in a packet of the default parser. */
export const eventPacketPrefix = ({ nsp }: Socket): string =>
  nsp.name === '/' ? EVENT_PACKET : `${EVENT_PACKET}${nsp.name},`;

export interface LinkOptions {
  /** What all sessions of the connection together may have in flight, in bytes. */
  readonly windowBytes: number;
  /** Whether the server uses Socket.IO's default parser. */
  readonly readyMade: boolean;
}

type Conn = Socket['conn'];

/** One session's part in a connection. */
interface Sharer {
  readonly thread_id: string;
  readonly reader: Sleeper;
}

/** How the frames of a session go onto the wire. */
export interface Writer {
  readonly thread_id: string;
  write(frame: Frame, sharer: Sharer): void;
  /** The most events that one frame may hold at the moment. */
  maxEvents?(): number;
  /** The session is there no more. */
  close(): void;
}

/** A connection's outgoing side, shared by the pumps of its sessions. */
export class SocketLink {
  readonly #socket: Socket;
  readonly #conn: Conn;
  readonly #options: LinkOptions;
  readonly #prefix: string;
  readonly #sharers = new Set<Sharer>();
  #spentBytes = 0;
  #unwatch: () => void = () => {};

  constructor(socket: Socket, options: LinkOptions) {
    this.#socket = socket;
    this.#conn = socket.conn;
    this.#options = options;
    this.#prefix = `${eventPacketPrefix(socket)}["${SERVER_EVENTS.threadEvents}",`;
    this.#watch(socket.conn.transport);
    socket.conn.on('upgrade', this.#onUpgrade);
  }

  /** Stops watching the connection, which may go on under another socket. */
  close(): void {
    this.#unwatch();
    this.#conn.off('upgrade', this.#onUpgrade);
  }

  /** The link as the pump of one v2 session sees it: frames go as `thread_events`. */
  for(session_id: string, thread_id: string): PumpLink {
    return this.through({
      thread_id,
      write: (frame, sharer) => {
        const named = this.#followsTwice(sharer) ? session_id : undefined;
        const text = encodeFrame(thread_id, frame, named);
        if (this.#options.readyMade) this.#conn.write(`${this.#prefix}${text}]`);
        else this.#socket.emit(SERVER_EVENTS.threadEvents, JSON.parse(text));
      },
      close: () => {},
    });
  }

  /** The link as the pump of one session sees it. */
  through(writer: Writer): PumpLink {
    let sharer: Sharer | undefined;
    return {
      join: (reader) => {
        const joined = { thread_id: writer.thread_id, reader };
        sharer = joined;
        this.#sharers.add(joined);
        return () => {
          this.#sharers.delete(joined);
          writer.close();
        };
      },
      writable: () => this.#writable(),
      credit: () => this.#credit(),
      scarce: () => this.#spentBytes * 2 > this.#options.windowBytes,
      charge: (bytes) => this.#charge(bytes),
      maxEvents: () => writer.maxEvents?.() ?? Number.POSITIVE_INFINITY,
      send: (frame) => {
        if (!sharer) return;
        writer.write(frame, sharer);
        // To the end of the line: the next time the transport drains, others go first.
        if (this.#sharers.delete(sharer)) this.#sharers.add(sharer);
      },
    };
  }

  #writable(): boolean {
    return this.#conn.readyState === 'open' && this.#conn.transport.writable;
  }

  #credit(): number {
    return this.#options.windowBytes - this.#spentBytes;
  }

  #charge(bytes: number): void {
    const wasSpent = this.#credit() <= 0;
    this.#spentBytes += bytes;
    // One session's acknowledgement is another's credit; not from within the pump that gave it.
    if (wasSpent && this.#credit() > 0) queueMicrotask(() => this.#wake());
  }

  /** Frames name their session only where the connection follows the thread more than once. */
  #followsTwice(sharer: Sharer): boolean {
    for (const other of this.#sharers) {
      if (other !== sharer && other.thread_id === sharer.thread_id) return true;
    }
    return false;
  }

  /** A poll that is answered while the upgrade is on its way may never report that it has drained. */
  readonly #onUpgrade = (transport: Conn['transport']): void => {
    this.#watch(transport);
    this.#wake();
  };

  readonly #onReady = (): void => this.#wake();

  #watch(transport: Conn['transport']): void {
    this.#unwatch();
    // Engine.IO's own listener, registered first, writes out what it has buffered.
    transport.on('ready', this.#onReady);
    this.#unwatch = () => transport.off('ready', this.#onReady);
  }

  #wake(): void {
    for (const sharer of this.#sharers) {
      if (!this.#writable()) return;
      sharer.reader.wake();
    }
  }
}
