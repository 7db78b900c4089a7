/**
 * Writes frames to a v1 client: one Socket.IO event for each entry, with exactly one argument. A v1 client acknowledges
 * nothing, so the writer asks its transport: it sends an Engine.IO ping behind a frame. The client's engine answers it,
 * and packets keep their order, so the pong shows that the frame has arrived.
 *
 * It does not show that the app has received the frame: a client answers the ping at the end of a polling payload
 * before it delivers the payload's events, and the app may disconnect at any of those. The pong to a ping that was sent
 * after that pong shows it.
 */

import { SERVER_EVENTS } from '@session-monitor/protocol';
import type { Socket } from 'socket.io';
import type { V1LinkHandlers } from '../sessions/session.js';
import { eventPacketPrefix, type Writer } from '../socketio/connection-link.js';
import type { EphemeralEvent } from '../threads/ephemeral.js';
import type { Frame } from '../threads/pump.js';
import { gapNotice, resetNotice } from './notices.js';

/**
 * python-engineio closes a connection when one polling payload holds more than 16 packets ('Too many packets in
 * payload'). A v1 event is a packet; the limit leaves room for a few others.
 */
const PYTHON_EVENTS_PER_PAYLOAD = 10;
/** python-engineio's HTTP clients: requests, and aiohttp. */
const PYTHON_AGENT = /^(python-requests|Python)\//;

interface Place {
  readonly epoch: string;
  readonly offset: number;
}

type Conn = Socket['conn'];

export class V1Writer implements Writer {
  /** v1 sessions share no frames; see `Writer`. */
  readonly thread_id = '';
  readonly #socket: Socket;
  readonly #conn: Conn;
  readonly #readyMade: boolean;
  readonly #handlers: V1LinkHandlers;
  readonly #prefix: string;
  /** The end of what was sent. */
  #sent: Place | undefined;
  /** For each unanswered ping, what was sent before it. */
  readonly #marks: (Place | undefined)[] = [];
  /** What has reached the client's engine. */
  #received: Place | undefined;
  /** What was surely delivered to the app. */
  #arrived: Place | undefined;

  constructor(socket: Socket, readyMade: boolean, handlers: V1LinkHandlers) {
    this.#socket = socket;
    this.#conn = socket.conn;
    this.#readyMade = readyMade;
    this.#handlers = handlers;
    this.#prefix = eventPacketPrefix(socket);
    this.#conn.on('packetCreate', this.#onPacket);
    this.#conn.on('heartbeat', this.#onPong);
  }

  close(): void {
    this.#conn.off('packetCreate', this.#onPacket);
    this.#conn.off('heartbeat', this.#onPong);
  }

  maxEvents(): number {
    const agent = this.#socket.handshake.headers['user-agent'] ?? '';
    const limited = this.#conn.transport.name === 'polling' && PYTHON_AGENT.test(agent);
    return limited ? PYTHON_EVENTS_PER_PAYLOAD : Number.POSITIVE_INFINITY;
  }

  write(frame: Frame): void {
    this.#announce(frame);
    for (const { text } of frame.slice?.entries() ?? []) {
      if (this.#readyMade) this.#conn.write(`${this.#prefix}${text}`);
      else this.#socket.emit(...(JSON.parse(text) as [string, unknown]));
    }
    const offset = frame.slice?.to ?? frame.offset - 1;
    this.#sent = { epoch: frame.epoch, offset };
    this.#handlers.onSent(frame.epoch, offset);
    this.#probe();
  }

  writeEphemeral(ephemeral: EphemeralEvent): void {
    const { event, data } = ephemeral;
    if (!this.#readyMade) {
      this.#socket.emit(event, data);
      return;
    }
    const encode = () => `${this.#prefix}${JSON.stringify([event, data])}`;
    this.#conn.write(ephemeral.encoded(`v1 ${this.#prefix}`, encode));
  }

  #announce({ gap, reset }: Frame): void {
    if (reset) this.#socket.emit(SERVER_EVENTS.error, resetNotice(reset));
    if (gap) this.#socket.emit(SERVER_EVENTS.error, gapNotice(gap));
  }

  readonly #onPacket = ({ type }: { readonly type: string }): void => {
    if (type === 'ping') this.#marks.push(this.#sent);
  };

  readonly #onPong = (): void => {
    const former = this.#received;
    this.#received = this.#marks.shift() ?? former;
    // mutant: v1-one-pong-is-enough
    if (former && former !== this.#arrived) this.#arrive(former);
    this.#probe();
  };

  #arrive(place: Place): void {
    this.#arrived = place;
    this.#handlers.onArrived(place.epoch, place.offset);
  }

  /** Pings the client until everything sent has arrived, one ping at a time. */
  #probe(): void {
    if (!this.#sent || this.#sent === this.#arrived || this.#marks.length > 0) return;
    // If the client cannot be pinged, what was written counts.
    // mutant: v1-what-was-written-has-arrived
    if (!sendPing(this.#conn)) this.#arrive(this.#sent);
  }
}

/**
 * Engine.IO pings its client on a timer only. Its method for sending any packet is not public, but unchanged since its
 * first version. In version 3 of its protocol a client answers no pings.
 */
function sendPing(conn: Conn): boolean {
  const { protocol, sendPacket } = conn as unknown as {
    readonly protocol: number;
    readonly sendPacket?: (type: 'ping') => void;
  };
  if (protocol === 3 || typeof sendPacket !== 'function') return false;
  sendPacket.call(conn, 'ping');
  return true;
}
