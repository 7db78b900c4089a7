/**
 * Checks the frames that leave the server for each session: only durable events (I1), no hole and no repetition
 * between two receipts, never more in flight than the window allows (I9).
 */

import { offsetsCovered } from '../../../packages/protocol/src/inbox.js';
import type { Receipt, ThreadAck, ThreadEvents } from '../../../packages/protocol/src/messages.js';
import type { SessionSettings } from '../../../packages/server/src/options.js';
import type { ServerSocket } from '../server/server-socket.js';
import type { Checker } from './checker.js';
import type { ReferenceLog } from './reference-log.js';

interface InFlight {
  readonly to: number;
  readonly events: number;
  readonly bytes: number;
}

/** One session on one socket, since its newest receipt. */
export interface DeliveryStream {
  readonly session_id: string;
  readonly thread_id: string;
  readonly generation: number;
  readonly socket: ServerSocket;
  epoch: string;
  /** The next offset to leave. */
  next: number;
  /** The reader's position by the receipt, or by the last reset. */
  floor: number;
  inFlight: InFlight[];
}

export class DeliveryChecker {
  readonly #checker: Checker;
  readonly #reference: ReferenceLog;
  readonly #settings: SessionSettings;
  readonly #carries: (stream: DeliveryStream) => boolean;
  readonly #newestGrant: (stream: DeliveryStream) => Receipt | undefined;
  readonly #left = new WeakSet<Receipt>();
  readonly #bySocket = new Map<ServerSocket, Map<string, DeliveryStream>>();
  /** Sockets on which a session was refused after it had been granted. */
  readonly #refused = new WeakSet<ServerSocket>();

  /**
   * @param carries whether a session is on its socket now, under that generation
   * @param newestGrant the newest receipt of its registrations, also if it has not left yet
   */
  constructor(
    checker: Checker,
    reference: ReferenceLog,
    settings: SessionSettings,
    carries: (stream: DeliveryStream) => boolean,
    newestGrant: (stream: DeliveryStream) => Receipt | undefined,
  ) {
    this.#newestGrant = newestGrant;
    this.#carries = carries;
    this.#checker = checker;
    this.#reference = reference;
    this.#settings = settings;
  }

  /** A session's position by the newest receipt on a socket, or by a reset since. */
  floor(socket: ServerSocket, session_id: string): number | undefined {
    return this.#bySocket.get(socket)?.get(session_id)?.floor;
  }

  /** A receipt leaves: frames continue at its `from`. */
  begin(socket: ServerSocket, receipt: Receipt): void {
    const { session_id, thread_id, generation, epoch, from, head } = receipt;
    this.#left.add(receipt);
    const log = this.#reference.logOf(epoch);
    const end = log?.lost ? Number.POSITIVE_INFINITY : (log?.head?.offset ?? log?.base ?? 0);
    this.#checker.expect(head <= end, 'I1', () => `a receipt promises ${head}, durable is ${end}`);
    for (const [other, deliveries] of this.#bySocket) {
      // Another node learns a moment later that its session has moved.
      if (other !== socket && other.node === socket.node) deliveries.delete(session_id);
    }
    const deliveries = this.#bySocket.get(socket) ?? new Map<string, DeliveryStream>();
    this.#bySocket.set(socket, deliveries);
    deliveries.set(session_id, {
      session_id,
      thread_id,
      generation,
      socket,
      epoch,
      next: from,
      floor: from - 1,
      inFlight: [],
    });
  }

  /** @param generation the stream ends only if it is of this one */
  end(socket: ServerSocket, session_id: string, generation?: number): void {
    const stream = this.#bySocket.get(socket)?.get(session_id);
    if (generation === undefined || stream?.generation === generation) {
      this.#bySocket.get(socket)?.delete(session_id);
    }
  }

  /** The server refuses the reader: no frame is due to it any more. */
  refused(socket: ServerSocket, session_id: string): void {
    this.#refused.add(socket);
    this.end(socket, session_id);
  }

  /** The reader acknowledges its position. */
  acknowledged(socket: ServerSocket, { session_id, epoch, offset }: ThreadAck): void {
    const stream = this.#bySocket.get(socket)?.get(session_id);
    if (stream?.epoch !== epoch) return;
    stream.inFlight = stream.inFlight.filter(({ to }) => to > offset);
  }

  /** A frame leaves. Returns the sessions that it may be for. */
  leaves(socket: ServerSocket, frame: ThreadEvents): readonly string[] {
    this.#checkDurable(frame);
    this.#checkErased(socket, frame);
    this.#checker.expect(socket.conn.transport.writable, 'I9', () => 'a frame waits in a buffer');
    const deliveries = [...(this.#bySocket.get(socket)?.values() ?? [])].filter(
      (each) =>
        each.thread_id === frame.thread_id &&
        each.session_id === (frame.session_id ?? each.session_id) &&
        this.#carries(each),
    );
    const stream = deliveries.find((each) => isNext(each, frame));
    if (!stream) {
      const due = deliveries.map(({ epoch, next }) => `${epoch}.${next}`).join(' or ') || 'nothing';
      const what = `the frame ${frame.epoch}.${frame.offset} left where ${due} was due`;
      this.#checker.violate(this.#refused.has(socket) ? 'I10' : 'I3', what);
      return [];
    }
    this.#advance(stream, frame);
    return deliveries.map(({ session_id }) => session_id);
  }

  #checkDurable({ epoch, offset, events }: ThreadEvents): void {
    let first = offset;
    for (const [event, data, span = 1] of events) {
      const text = JSON.stringify([event, data]);
      const last = first + span - 1;
      const durable =
        span === 1
          ? this.#reference.at(epoch, first).some((each) => each.text === text)
          : this.#reference.compactedRanges.at(epoch, first, last, text).length > 0;
      const place = `${epoch}.${first}`;
      this.#checker.expect(durable, 'I1', () => `${place} left, not durable`);
      first = last + 1;
    }
  }

  #checkErased(socket: ServerSocket, { epoch, offset, events, thread_id }: ThreadEvents): void {
    const isErased = events.length > 0 && this.#reference.logOf(epoch)?.erasedBy === socket.node;
    this.#checker.expect(!isErased, 'I10', () => {
      return `${epoch}.${offset} left after ${thread_id} had been erased`;
    });
  }

  #advance(stream: DeliveryStream, frame: ThreadEvents): void {
    const { events, offset, epoch, reset } = frame;
    if (reset) Object.assign(stream, { epoch, floor: reset.from - 1, inFlight: [] });
    const to = offset + offsetsCovered(frame) - 1;
    if (events.length > 0) {
      const bytes = JSON.stringify(events).length - 1;
      this.#checkWindow(stream, frame, bytes);
      stream.inFlight.push({ to, events: events.length, bytes });
    }
    stream.next = to + 1;
  }

  #checkWindow(stream: DeliveryStream, { events }: ThreadEvents, bytes: number): void {
    const { window, maxFrameBytes, maxFrameEvents, connectionWindowBytes } = this.#settings;
    // The commas between events may exceed the limit.
    const mayBytes = events.length === 1 ? bytes : maxFrameBytes + events.length;
    const fits = events.length <= maxFrameEvents && bytes <= mayBytes;
    this.#checker.expect(fits, 'I9', () => `a frame of ${events.length} events, ${bytes} bytes`);
    if (stream.inFlight.length === 0) return;
    const own = sum(stream.inFlight);
    this.#checker.expect(own.events < window.events && own.bytes < window.bytes, 'I9', () => {
      return `a frame left with ${own.events} events, ${own.bytes} bytes unacknowledged`;
    });
    const deliveries = [...(this.#bySocket.get(stream.socket)?.values() ?? [])];
    // Events in flight to a session that has left count no more, nor those of before a registration that is being granted.
    const there = deliveries.filter((each) => this.#carries(each) && !this.#isGranting(each));
    const all = sum(there.flatMap(({ inFlight }) => inFlight));
    this.#checker.expect(all.bytes < connectionWindowBytes, 'I9', () => {
      return `a frame left with ${all.bytes} bytes unacknowledged on its connection`;
    });
  }

  /** Its receipt has not left yet. */
  #isGranting(stream: DeliveryStream): boolean {
    const receipt = this.#newestGrant(stream);
    return receipt !== undefined && !this.#left.has(receipt);
  }
}

function isNext(stream: DeliveryStream, { epoch, offset, gap, reset }: ThreadEvents): boolean {
  if (reset) return true;
  if (epoch !== stream.epoch) return false;
  return gap ? gap.from === stream.next && offset === gap.to + 1 : offset === stream.next;
}

const sum = (frames: readonly InFlight[]) => ({
  events: frames.reduce((total, { events }) => total + events, 0),
  bytes: frames.reduce((total, { bytes }) => total + bytes, 0),
});
