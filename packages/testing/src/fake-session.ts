/**
 * One client's session on a thread: its owner, and the pump that sends what the log has after its position.
 * Frames, credit and cursors are the real server's. Losing or repeating a frame on purpose is not.
 */

import {
  LIMITS,
  offsetsCovered,
  type Receipt,
  type ResetReason,
  SERVER_EVENTS,
  type ThreadEvents,
  type Waiting,
} from '@session-monitor/protocol';
import type { Position } from '@session-monitor/protocol/rules';
import type { FakeConnection } from './fake-connection.js';
import type { FakeLog } from './fake-log.js';

export const WINDOW = { events: LIMITS.windowEvents, bytes: LIMITS.windowBytes } as const;

/** What does not change as long as the session lives. */
export interface SessionNames {
  readonly session_id: string;
  readonly secret: string;
  readonly thread_id: string;
  readonly user_id: string | null;
  /** The instance that it was made for. */
  readonly maker: string;
}

/** What its newest registration says. */
export interface Ownership {
  readonly instance: string;
  readonly attempt: number;
  readonly generation: number;
  /** Where the instance began. */
  readonly start: string;
}

/** Why it is over. */
export interface Expiry {
  readonly reason: string;
  readonly detail: string;
}

interface InFlight {
  readonly to: number;
  readonly events: number;
  readonly bytes: number;
}

export class FakeSession {
  readonly names: SessionNames;
  owner: Ownership;
  expiry: Expiry | undefined;
  /** The answer to its newest registration. */
  receipt: Receipt | undefined;
  /** The time of the owner's last packet, in the clock's milliseconds; then, since when it has no connection. */
  heardAt = 0;
  awaySince = 0;
  readonly #log: FakeLog;
  #connection: FakeConnection | undefined;
  #epoch = '';
  #sent = 0;
  #cursor = '';
  #acknowledged = 0;
  #inFlight: readonly InFlight[] = [];
  /** The last offset that has come to the socket without a hole before it. */
  #arrived = 0;
  /** Changes when the position moves: earlier frames no longer count. */
  #seekVersion = 0;
  #isScheduled = false;
  #losesNext = false;
  #lastFrame: ThreadEvents | undefined;

  constructor(names: SessionNames, owner: Ownership, log: FakeLog) {
    this.names = names;
    this.owner = owner;
    this.#log = log;
  }

  get connection(): FakeConnection | undefined {
    return this.#connection;
  }

  get log(): FakeLog {
    return this.#log;
  }

  get epoch(): string {
    return this.#epoch;
  }

  /** The last offset that was sent. */
  get sent(): number {
    return this.#sent;
  }

  get waiting(): Waiting | null {
    return this.#log.head > this.#sent && this.#isSpent() ? 'credit' : null;
  }

  get hasSent(): boolean {
    return this.#lastFrame !== undefined;
  }

  /** How many events of the thread have not come to the socket. */
  get lag(): number {
    return this.#log.head - this.#arrived;
  }

  /** Attaches to a connection, and goes on from a place in the log. */
  attach(connection: FakeConnection, place: Position): void {
    this.#connection = connection;
    this.seek(place);
  }

  detach(now: number): void {
    this.#connection = undefined;
    this.awaySince = now;
    this.#seekVersion += 1;
  }

  /** Goes on from another place. */
  seek(place: Position): void {
    this.#moveTo(place);
    this.wake();
  }

  acknowledge(epoch: string, offset: number): void {
    if (epoch !== this.#epoch) return;
    this.#acknowledged = Math.max(this.#acknowledged, Math.min(offset, this.#sent));
    this.#inFlight = this.#inFlight.filter(({ to }) => to > this.#acknowledged);
    this.wake();
  }

  /** Sends what there is, in a microtask: after the answer, and together with other appends of this turn. */
  wake(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    void Promise.resolve().then(() => {
      this.#isScheduled = false;
      while (this.#mayStep()) this.#step();
    });
  }

  /** The log starts over: a reader that has something of the old one gets `reset`. */
  restarted(): void {
    const place = this.#log.continueAt(this.#cursor);
    if (place.reset) this.#announce(place, place.reset);
    this.wake();
  }

  /** The next frame counts as sent, and is not. */
  loseNext(): void {
    this.#losesNext = true;
  }

  /** Sends the newest frame again. */
  repeatLast(): void {
    this.#connection?.send(SERVER_EVENTS.threadEvents, this.#lastFrame);
  }

  #moveTo({ after, cursor }: Position): void {
    this.#seekVersion += 1;
    this.#epoch = this.#log.epoch;
    this.#sent = after;
    this.#arrived = after;
    this.#acknowledged = after;
    this.#cursor = cursor;
    this.#inFlight = [];
  }

  #mayStep(): boolean {
    return this.#connection !== undefined && this.#log.head > this.#sent && !this.#isSpent();
  }

  /** With nothing in flight one frame always goes. */
  #isSpent(): boolean {
    const { events, bytes } = this.#spent();
    return this.#inFlight.length > 0 && (events >= WINDOW.events || bytes >= WINDOW.bytes);
  }

  #spent(): { readonly events: number; readonly bytes: number } {
    return {
      events: this.#inFlight.reduce((sum, { events }) => sum + events, 0),
      bytes: this.#inFlight.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  #step(): void {
    const log = this.#log;
    const spent = this.#spent();
    const { events, bytes, to } = log.read(
      this.#sent,
      Math.min(LIMITS.maxFrameEvents, WINDOW.events - spent.events),
      Math.min(LIMITS.maxFrameBytes, WINDOW.bytes - spent.bytes),
    );
    const offset = Math.max(this.#sent, log.base) + 1;
    const gap = { from: this.#sent + 1, to: offset - 1, reason: 'trimmed' } as const;
    if (events.length > 0) {
      this.#inFlight = [...this.#inFlight, { to, events: events.length, bytes }];
    }
    this.#sent = to;
    const asks =
      (spent.events + events.length) * 2 > WINDOW.events ||
      (spent.bytes + bytes) * 2 > WINDOW.bytes;
    const isLost = this.#losesNext;
    this.#losesNext = false;
    const frame = {
      ...this.#frame(offset),
      cursor: log.cursorAt(to),
      events,
      ...(asks && { ack: true as const }),
      ...(gap.to >= gap.from && { gap }),
    };
    this.#cursor = frame.cursor;
    if (!isLost) this.#send(frame);
  }

  #announce(place: Position, reason: ResetReason): void {
    this.#moveTo(place);
    const offset = place.after + 1;
    this.#send({
      ...this.#frame(offset),
      cursor: place.cursor,
      events: [],
      ack: true,
      reset: { reason, from: offset },
      ...(place.gap && { gap: place.gap }),
    });
  }

  #frame(offset: number): Pick<ThreadEvents, 'session_id' | 'thread_id' | 'epoch' | 'offset'> {
    const { session_id, thread_id } = this.names;
    return { session_id, thread_id, epoch: this.#epoch, offset };
  }

  #send(frame: ThreadEvents): void {
    this.#lastFrame = frame;
    const seekVersion = this.#seekVersion;
    this.#connection?.send(SERVER_EVENTS.threadEvents, frame, () => {
      if (seekVersion !== this.#seekVersion) return;
      const first = frame.gap ? frame.gap.from : frame.offset;
      const last = frame.offset - 1 + offsetsCovered(frame);
      if (first <= this.#arrived + 1) this.#arrived = Math.max(this.#arrived, last);
    });
  }
}
