/**
 * How far one reader is, and what it may still be sent (I5): sending uses credit, an acknowledgement returns it. Its
 * methods allocate nothing but what is in flight: they run for every frame.
 */

import type { Window } from '../messages.js';
import type { Position } from './position.js';

interface InFlight {
  readonly to: number;
  /** The cursor at `to`. */
  readonly cursor: string;
  readonly bytes: number;
  readonly events: number;
  readonly at: number | undefined;
}

type Place = Pick<Position, 'epoch' | 'after' | 'cursor'>;

/** Whether more than half of a window is in flight: frames then ask for an acknowledgement. */
export const isScarce = (inFlight: number, window: number): boolean => inFlight * 2 > window;

export class Credit {
  readonly #window: Window;
  #epoch: string;
  #sent: number;
  #acknowledged: number;
  #cursor: string;
  #inFlight: InFlight[] = [];
  #bytes = 0;
  #events = 0;

  constructor(window: Window, { epoch, after, cursor }: Place) {
    this.#window = window;
    this.#epoch = epoch;
    this.#sent = after;
    this.#acknowledged = after;
    this.#cursor = cursor;
  }

  get epoch(): string {
    return this.#epoch;
  }

  /** The last offset that was sent. */
  get sent(): number {
    return this.#sent;
  }

  /** The last offset that the reader has acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** The newest cursor at or before `acknowledged`. */
  get cursor(): string {
    return this.#cursor;
  }

  /** The cursor of the newest frame in flight; without one, the acknowledged cursor. */
  get newestCursor(): string {
    return this.#inFlight.at(-1)?.cursor ?? this.#cursor;
  }

  /** When the oldest frame in flight was sent. Undefined without one, and if its sender does not measure time. */
  get oldestSentAt(): number | undefined {
    return this.#inFlight[0]?.at;
  }

  /**
   * Whether the next frame must wait for an acknowledgement. With nothing in flight one frame always goes, however large
   * its first entry.
   *
   * @param shared the bytes that all readers of the connection together may still put in flight
   */
  isSpent(shared = Number.POSITIVE_INFINITY): boolean {
    const { bytes, events } = this.#window;
    const spent = this.#bytes >= bytes || this.#events >= events || shared <= 0;
    return spent && this.#inFlight.length > 0;
  }

  /** Whether the next frame must ask for an acknowledgement. */
  get isScarce(): boolean {
    return isScarce(this.#bytes, this.#window.bytes) || isScarce(this.#events, this.#window.events);
  }

  get inFlightBytes(): number {
    return this.#bytes;
  }

  get bytesLeft(): number {
    return this.#window.bytes - this.#bytes;
  }

  get eventsLeft(): number {
    return this.#window.events - this.#events;
  }

  /**
   * Counts a frame as sent. One without events, which only announces a gap, is not in flight.
   *
   * @param at the time now, in the sender's milliseconds; undefined if it does not measure time
   */
  send(to: number, cursor: string, bytes: number, events: number, at?: number): void {
    this.#sent = to;
    if (events === 0) return;
    this.#inFlight.push({ to, cursor, bytes, events, at });
    this.#bytes += bytes;
    this.#events += events;
  }

  /**
   * Takes an acknowledgement. Ignores one of another epoch, and never counts past the last offset that was sent. Returns
   * the bytes that are no longer in flight.
   */
  acknowledge(epoch: string, offset: number): number {
    // mutant: an-acknowledgement-of-another-epoch-counts
    if (epoch !== this.#epoch) return 0;
    // mutant: more-is-acknowledged-than-was-sent
    this.#acknowledged = Math.max(this.#acknowledged, Math.min(offset, this.#sent));
    const before = this.#bytes;
    let done = 0;
    for (const frame of this.#inFlight) {
      if (frame.to > this.#acknowledged) break;
      this.#cursor = frame.cursor;
      this.#bytes -= frame.bytes;
      this.#events -= frame.events;
      done += 1;
    }
    if (done > 0) this.#inFlight.splice(0, done);
    return before - this.#bytes;
  }

  /** Goes on from another place. Returns the bytes that were in flight, and are no longer. */
  moveTo({ epoch, after, cursor }: Place): number {
    this.#epoch = epoch;
    this.#sent = after;
    this.#acknowledged = after;
    this.#cursor = cursor;
    return this.drop();
  }

  /** Counts nothing as in flight any more. Returns the bytes that were. */
  drop(): number {
    const bytes = this.#bytes;
    this.#inFlight = [];
    this.#bytes = 0;
    this.#events = 0;
    return bytes;
  }
}
