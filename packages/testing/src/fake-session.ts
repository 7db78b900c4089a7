/**
 * One client's session on a thread: its owner, and the pump that sends what the log has after its position.
 * Frames, credit and cursors are the real server's. Losing or repeating a frame on purpose is not.
 */

import {
  LIMITS,
  offsetsCovered,
  type Receipt,
  SERVER_EVENTS,
  type ThreadEvents,
} from '@session-monitor/protocol';
import {
  Credit,
  type Expiry,
  noticesOf,
  type PingedSession,
  type Position,
  trimmedGap,
} from '@session-monitor/protocol/rules';
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

export class FakeSession {
  readonly names: SessionNames;
  readonly log: FakeLog;
  owner: Ownership;
  /** Why it is over. */
  expiry: Expiry | undefined;
  /** The answer to its newest registration. */
  receipt: Receipt | undefined;
  /** The time of the owner's last packet, in the clock's milliseconds; then, since when it has no connection. */
  heardAt = 0;
  awaySince = 0;
  #connection: FakeConnection | undefined;
  readonly #credit = new Credit(WINDOW, { epoch: '', after: 0, cursor: '' });
  /** The cursor at the last offset that was sent. */
  #cursor = '';
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
    this.log = log;
  }

  get connection(): FakeConnection | undefined {
    return this.#connection;
  }

  /** Where it is, for a pong. */
  get place(): PingedSession {
    const { epoch, sent } = this.#credit;
    const { head } = this.log;
    const waiting = head > sent && this.#credit.isSpent() ? 'credit' : null;
    const { thread_id } = this.names;
    return { thread_id, generation: this.owner.generation, epoch, head, sent, waiting };
  }

  get hasSent(): boolean {
    return this.#lastFrame !== undefined;
  }

  /** How many events of the thread have not come to the socket. */
  get lag(): number {
    return this.log.head - this.#arrived;
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
    this.#credit.acknowledge(epoch, offset);
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
    const place = this.log.continueAt(this.#cursor);
    if (place.reset) this.#announce(place);
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

  #moveTo(place: Position): void {
    this.#seekVersion += 1;
    this.#credit.moveTo(place);
    this.#arrived = place.after;
    this.#cursor = place.cursor;
  }

  #mayStep(): boolean {
    return (
      this.#connection !== undefined && this.log.head > this.#credit.sent && !this.#credit.isSpent()
    );
  }

  #step(): void {
    const log = this.log;
    const credit = this.#credit;
    const { events, bytes, to } = log.read(
      this.#credit.sent,
      Math.min(LIMITS.maxFrameEvents, credit.eventsLeft),
      Math.min(LIMITS.maxFrameBytes, credit.bytesLeft),
    );
    const offset = Math.max(this.#credit.sent, log.base) + 1;
    const gap = trimmedGap(this.#credit.sent, offset - 1);
    this.#cursor = log.cursorAt(to);
    credit.send(to, this.#cursor, bytes, events.length);
    const isLost = this.#losesNext;
    this.#losesNext = false;
    const frame = {
      ...this.#frame(offset),
      cursor: this.#cursor,
      events,
      ...(credit.isScarce && { ack: true as const }),
      ...(gap && { gap }),
    };
    if (!isLost) this.#send(frame);
  }

  #announce(place: Position): void {
    this.#moveTo(place);
    this.#send({
      ...this.#frame(place.after + 1),
      cursor: place.cursor,
      events: [],
      ack: true,
      ...noticesOf(place),
    });
  }

  #frame(offset: number): Pick<ThreadEvents, 'session_id' | 'thread_id' | 'epoch' | 'offset'> {
    const { session_id, thread_id } = this.names;
    return { session_id, thread_id, epoch: this.#credit.epoch, offset };
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
