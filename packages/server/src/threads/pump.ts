/**
 * The pump: read the log after the cursor, send it as one frame, move on. There is one per session
 * and one way through it: live streaming, catching up and replay after a reconnect are the same loop
 * from different positions, so there is no seam between them to lose or repeat an event at.
 *
 *     wake ──► at head? ──yes──► sleep until the thread advances
 *       ▲         │no
 *       │      credit? ──no───► sleep until the reader acknowledges        waiting: credit
 *       │         │yes
 *       │      writable? ─no──► sleep until the transport has drained      waiting: transport
 *       │         │yes
 *       │      held back? ─yes► sleep until the window is over             waiting: pacing
 *       │         │no
 *       │      far behind, and not its turn? ─yes► sleep until it is      waiting: pacing
 *       │         │no
 *       └── send ◄┘
 *
 * It holds a position, not a queue: a slow reader costs nothing (I9). Sending moves the position;
 * only an acknowledgement gives credit back (I5).
 */

import type { Gap, Reset, Waiting, Window } from '@session-monitor/protocol';
import {
  Credit,
  cursorAtBase,
  endOfEpoch,
  type LogBounds,
  type Position,
  startOver,
  trimmedGap,
} from '@session-monitor/protocol/rules';
import type { PublishMark } from '../observe/metrics/publish-samples.js';
import type { PumpCounts } from '../observe/metrics/pump-counts.js';
import type { CatchUpTurns, TurnTaker } from './catch-up-turns.js';
import type { EphemeralEvent } from './ephemeral.js';
import type { Slice, SliceLimits } from './slice.js';
import type { Subscriber } from './thread-log.js';

/** What the pump needs of the thread. */
export interface PumpLog {
  readonly thread_id: string;
  readonly head: LogBounds;
  read(after: number, limits: SliceLimits): Slice | undefined | Promise<Slice | undefined>;
  /** Whether what follows an offset is in memory. */
  holds(after: number, limits: SliceLimits): boolean;
  /** Whose turn it is to read what is not. Absent: every pump's, always. */
  readonly turns?: Pick<CatchUpTurns, 'ask'> | undefined;
  /**
   * Incremented when the log loses events that readers have already received. A pump with an older count must re-check
   * its position.
   */
  readonly divergenceCount: number;
  positionAt(cursor: string): Promise<Position>;
  /** A published event whose way to the readers is measured, if there is one. */
  readonly mark?: PublishMark | undefined;
}

/** What the pump needs of the link that carries its frames to the reader. */
export interface LinkMember {
  /** Wakes the subscriber when the link has drained or its credit is back. Returns the function that ends this. */
  join(subscriber: Subscriber): () => void;
  /** Whether a frame that is sent now leaves at once. */
  writable(): boolean;
  /** Bytes that all pumps of this link together may still put in flight. */
  credit(): number;
  /** Whether more than half of that credit is spent. Frames then ask for an acknowledgement. */
  scarce(): boolean;
  /** The most events that one frame may hold on this link at the moment. */
  maxEvents?(): number;
  /** Takes (or, negative, gives back) bytes of the link's credit. */
  charge(bytes: number): void;
  send(frame: Frame): void;
  /** Writes an ephemeral event. Absent for a link that carries none. */
  pass?(ephemeral: EphemeralEvent): void;
}

/** One frame: a slice, with the gap or reset before it. */
export interface Frame {
  readonly epoch: string;
  readonly offset: number;
  readonly cursor: string;
  /** Absent in a frame that only announces a gap or a reset. */
  readonly slice?: Slice;
  readonly ack: boolean;
  readonly gap?: Gap;
  readonly reset?: Reset;
}

export interface PumpPosition {
  readonly epoch: string;
  /** The last offset that was sent. */
  readonly after: number;
  /** The cursor at `after`. */
  readonly cursor: string;
  /** The log's `divergenceCount` when this position was found. Default: the count now. */
  readonly divergenceCount?: number;
}

/** Sets the time between frames, and wakes the readers that it holds back. */
export interface Pacer {
  /** Monotonic milliseconds. */
  now(): number;
  /** @param askedAt since when the reader owes an acknowledgement */
  windowMs(askedAt: number | undefined): number;
  wakeAt(due: number, subscriber: Subscriber): void;
}

export interface PumpDeps {
  readonly log: PumpLog;
  readonly link: LinkMember;
  readonly window: Window;
  readonly frame: SliceLimits;
  readonly position: PumpPosition;
  /** Absent: the pump never holds a reader back. */
  readonly pacer?: Pacer;
  readonly observer: PumpObserver;
  /** Absent: what it does is not counted. */
  readonly counts?: PumpCounts | undefined;
}

/** What a reader is sent, and what it acknowledges. */
export interface DeliveryWatch {
  /** A frame is sent. Returns whether the reader should acknowledge it at once, for a trace. */
  onFrame(frame: Frame): boolean;
  /** The reader has acknowledged more than before, up to an offset. */
  onAcknowledged(epoch: string, offset: number): void;
  /** The pump has stopped for good. */
  onStop(): void;
}

export interface PumpObserver extends Partial<DeliveryWatch> {
  /** The log cannot be read; the pump tries again at the next wake. */
  onError(error: unknown): void;
  /** A gap or a reset is announced, for the trace. */
  onAnnounce?(frame: Frame): void;
  /** The reader has told an offset. Called before anything follows from it. */
  onTold?(offset: number, isOfEpoch: boolean, pump: Acknowledged): void;
  /** It has begun to wait. */
  onPause?(waiting: Waiting): void;
  /** A timer wakes it, in so many milliseconds. */
  onHold?(ms: number): void;
}

/** What the reader is known to have, and what not. */
type Acknowledged = Pick<Pump, 'acknowledged' | 'inFlightBytes'>;

/** A reader counts as one that lacks much after these turns: it has had about a window. */
const EARLY_TURNS = 4;

export class Pump implements Subscriber, TurnTaker {
  readonly #log: PumpLog;
  readonly #link: LinkMember;
  readonly #credit: Credit;
  readonly #frame: SliceLimits;
  readonly #pacer: Pacer | undefined;
  readonly #observer: PumpObserver;
  readonly #counts: PumpCounts | undefined;
  readonly #leave: () => void;

  /** The log's `divergenceCount` for which the position was last checked. */
  #divergenceCount: number;
  #waiting: Waiting | null = null;
  #state: 'held' | 'idle' | 'reading' | 'stopped' = 'held';
  /** Changes when a seek or a reset moves the position. A read that began before is void. */
  #seekVersion = 0;
  /** When the newest frame was sent, if it reached the head while frames are paced. */
  #reachedAt: number | undefined;
  /** Since when the reader owes a requested acknowledgement. */
  #askedAt: number | undefined;
  /** When the pacer wakes it from being held back. */
  #heldUntil: number | undefined;
  /** Whether it waits for a turn to read the store; what ends the turn that it has. */
  #isInLine = false;
  #endsTurn: (() => void) | undefined;
  /** Turns since its next events were last in memory. */
  #turns = 0;

  constructor(deps: PumpDeps) {
    this.#log = deps.log;
    this.#link = deps.link;
    this.#credit = new Credit(deps.window, deps.position);
    this.#frame = deps.frame;
    this.#pacer = deps.pacer;
    this.#observer = deps.observer;
    this.#counts = deps.counts;
    this.#divergenceCount = deps.position.divergenceCount ?? deps.log.divergenceCount;
    this.#leave = deps.link.join(this);
  }

  get epoch(): string {
    return this.#credit.epoch;
  }

  /** The last offset that was written to the link. */
  get sent(): number {
    return this.#credit.sent;
  }

  /** The last offset that the reader has acknowledged: its real cursor (I5). */
  get acknowledged(): number {
    return this.#credit.acknowledged;
  }

  /** The newest cursor at or before `acknowledged`. */
  get cursor(): string {
    return this.#credit.cursor;
  }

  /**
   * When the oldest event in flight was sent, in monotonic milliseconds. Undefined if none is in flight, and for a pump
   * without a pacer: it has no clock.
   */
  get oldestSentAt(): number | undefined {
    return this.#credit.oldestSentAt;
  }

  /** What the reader has not acknowledged, in bytes. */
  get inFlightBytes(): number {
    return this.#credit.inFlightBytes;
  }

  /** Why it does not send what there is to send; null if there is nothing to send. */
  get waiting(): Waiting | null {
    return this.#behind() ? this.#waiting : null;
  }

  /** Begins. Until then nothing is sent, so that the receipt goes first. */
  start(): void {
    if (this.#state === 'held') this.#state = 'idle';
    this.wake();
  }

  /** Looks whether there is something to do. Cheap when there is not. Never throws (I11). */
  wake(): void {
    try {
      while (this.#mayStep()) {
        if (this.#step() === 'reading') return;
        this.#endTurn();
      }
    } catch (error) {
      this.#observer.onError(error);
      this.#endTurn();
    }
  }

  takeTurn(done: () => void): void {
    this.#isInLine = false;
    this.#endsTurn = done;
    if (this.#state === 'idle') this.wake();
    // It may have nothing to read any more, or be kept from sending. It asks again when it can.
    if (this.#state !== 'reading') this.#endTurn();
  }

  /** Takes an acknowledgement of the reader. Returns how many offsets it has acknowledged for the first time. */
  acknowledge(epoch: string, offset: number): number {
    if (this.#state === 'stopped') return 0;
    const { acknowledged, eventsLeft } = this.#credit;
    const bytes = this.#credit.acknowledge(epoch, offset);
    const offsets = this.#credit.acknowledged - acknowledged;
    this.#observer.onTold?.(offset, epoch === this.epoch, this);
    if (bytes > 0) {
      this.#askedAt = undefined;
      this.#countDelivered(this.#credit.eventsLeft - eventsLeft, bytes);
    }
    if (offsets > 0) this.#observer.onAcknowledged?.(this.epoch, this.acknowledged);
    this.#giveBack(bytes);
    this.wake();
    return offsets;
  }

  /** Goes on from another position; nothing that was sent before counts as in flight. */
  seek(position: PumpPosition): void {
    if (this.#state === 'stopped') return;
    this.#moveTo(position);
    this.wake();
  }

  /** Passes an ephemeral event on: it has no place among the frames, and is dropped if it cannot leave at once. */
  pass(ephemeral: EphemeralEvent): void {
    if (this.#state !== 'stopped' && this.#link.writable()) this.#link.pass?.(ephemeral);
  }

  /** Stops for good and gives the link its credit back. */
  stop(): void {
    if (this.#state === 'stopped') return;
    this.#giveBack(this.#credit.drop());
    this.#state = 'stopped';
    this.#leave();
    this.#endTurn();
    this.#observer.onStop?.();
  }

  #moveTo(position: PumpPosition): void {
    this.#seekVersion += 1;
    this.#giveBack(this.#credit.moveTo(position));
    this.#divergenceCount = position.divergenceCount ?? this.#log.divergenceCount;
    this.#askedAt = undefined;
    this.#reachedAt = undefined;
  }

  /** Returns bytes to the link, for all its readers. */
  #giveBack(bytes: number): void {
    if (bytes > 0) this.#link.charge(-bytes);
  }

  #behind(): boolean {
    const { head } = this.#log;
    return head.offset > this.sent || head.epoch !== this.epoch || this.#hasLost;
  }

  #mayStep(): boolean {
    if (this.#state !== 'idle' || !this.#behind()) return false;
    const before = this.#waiting;
    const waiting = this.#blockedBy();
    this.#waiting = waiting;
    if (waiting === null) return true;
    if (waiting !== before) this.#pause(waiting);
    return false;
  }

  #pause(waiting: Waiting): void {
    if (this.#counts) this.#counts.pauses[waiting].value += 1;
    this.#observer.onPause?.(waiting);
  }

  #blockedBy(): Waiting | null {
    // mutant: the-window-has-no-end
    if (this.#credit.isSpent(this.#link.credit())) return 'credit';
    if (!this.#link.writable()) return 'transport';
    if (this.#pacer && this.#isHeld(this.#pacer)) return 'pacing';
    return this.#hasTurn() ? null : 'pacing';
  }

  /** Whether it may read on. Asks for a turn if that takes one. */
  #hasTurn(): boolean {
    const { turns, head } = this.#log;
    // An erasure and a loss are announced at once.
    if (!turns || this.#endsTurn || head.epoch !== this.epoch || this.#hasLost) return true;
    if (this.#log.holds(this.sent, this.#limits())) {
      this.#turns = 0;
      return true;
    }
    if (this.#isInLine) return false;
    this.#endsTurn = turns.ask(this, this.#turns < EARLY_TURNS);
    this.#isInLine = this.#endsTurn === undefined;
    this.#turns += 1;
    return !this.#isInLine;
  }

  #endTurn(): void {
    const end = this.#endsTurn;
    this.#endsTurn = undefined;
    end?.();
  }

  /** Never holds back a reader that catches up, or one whose log was erased. */
  #isHeld(pacer: Pacer): boolean {
    if (this.#log.head.epoch !== this.epoch) return false;
    const windowMs = pacer.windowMs(this.#askedAt);
    if (windowMs === 0 || this.#reachedAt === undefined) return false;
    const now = pacer.now();
    const due = this.#reachedAt + windowMs;
    if (now >= due) return false;
    if (this.#heldUntil === undefined || this.#heldUntil <= now) {
      this.#heldUntil = due;
      // mutant: a-held-pump-is-not-woken
      pacer.wakeAt(due, this);
      this.#observer.onHold?.(due - now);
    }
    return true;
  }

  #step(): 'sent' | 'reading' {
    const { head } = this.#log;
    if (head.epoch !== this.epoch) {
      this.#announceReset(startOver(head, endOfEpoch(this.epoch, head)));
      return 'sent';
    }
    if (this.#hasLost) {
      this.#recheckPosition(this.#log.divergenceCount);
      return 'reading';
    }
    const slice = this.#log.read(this.sent, this.#limits());
    if (slice instanceof Promise) {
      this.#await(slice, head.offset);
      return 'reading';
    }
    this.#sendSlice(slice, head.offset);
    return 'sent';
  }

  #await(slice: Promise<Slice | undefined>, head: number): void {
    const seekVersion = this.#seekVersion;
    this.#state = 'reading';
    slice.then(
      (read) => {
        if (this.#state !== 'reading') return;
        this.#state = 'idle';
        // Other pumps may have used up the link during the read. The slice can be read again.
        // mutant: a-void-read-is-sent, a-read-is-sent-whatever-the-link-does
        const wanted =
          seekVersion === this.#seekVersion && !this.#hasLost && this.#blockedBy() === null;
        const sent = wanted && this.#guard(() => this.#sendSlice(read, head));
        this.#endTurn();
        if (sent || !wanted) this.wake();
      },
      (error: unknown) => {
        if (this.#state !== 'reading') return;
        this.#state = 'idle';
        this.#endTurn();
        this.#observer.onError(error);
        // A read of lost events fails. The wake that told of the loss came during the read.
        if (this.#hasLost || seekVersion !== this.#seekVersion) this.wake();
      },
    );
  }

  /** Whether the log has lost events since this position was checked. */
  get #hasLost(): boolean {
    return this.#log.divergenceCount !== this.#divergenceCount;
  }

  /** Asks whether what was sent last is still in the log, and starts over if it is not. */
  #recheckPosition(divergenceCount: number): void {
    const seekVersion = this.#seekVersion;
    this.#state = 'reading';
    this.#log.positionAt(this.#credit.newestCursor).then(
      (position) => {
        if (this.#state !== 'reading') return;
        this.#state = 'idle';
        // Other pumps may have used up the link meanwhile. The question can be asked again.
        // mutant: a-reset-is-sent-whatever-the-link-does
        const wanted = seekVersion === this.#seekVersion && this.#link.writable();
        if (wanted) {
          this.#divergenceCount = divergenceCount;
          // A trim past the place has left nothing that it could be compared with.
          const isUnsure = position.gap !== undefined && position.reset === undefined;
          const due = isUnsure ? startOver(this.#log.head, 'diverged') : position;
          if (due.reset) this.#guard(() => this.#announceReset(due));
        }
        this.wake();
      },
      (error: unknown) => {
        if (this.#state !== 'reading') return;
        this.#state = 'idle';
        this.#observer.onError(error);
      },
    );
  }

  /** Reports what `work` throws and returns whether it succeeded. The next wake tries again. */
  #guard(work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      this.#observer.onError(error);
      return false;
    }
  }

  #limits(): SliceLimits {
    const bytes = Math.min(this.#credit.bytesLeft, this.#link.credit());
    return {
      compacted: this.#frame.compacted,
      maxBytes: Math.min(this.#frame.maxBytes, Math.max(1, bytes)),
      maxEvents: Math.min(
        this.#frame.maxEvents,
        this.#credit.eventsLeft,
        this.#link.maxEvents?.() ?? Number.POSITIVE_INFINITY,
      ),
    };
  }

  /**
   * @param slice undefined if no event was kept: the log had been trimmed up to its head
   * @param asked the head when it was asked for; it may have moved on since
   */
  #sendSlice(slice: Slice | undefined, asked: number): void {
    const { head } = this.#log;
    // The thread was erased while it was read: the next step announces that.
    // mutant: an-erased-thread-is-sent
    if (head.epoch !== this.epoch || (slice && slice.epoch !== this.epoch)) return;
    const from = slice ? slice.from : head.base + 1;
    const to = slice ? slice.to : head.base;
    const missing = slice ? slice.from - 1 : asked;
    if (missing > Math.max(head.base, this.sent)) {
      throw new Error(`Offsets ${this.sent + 1} to ${missing} are missing from the log`);
    }
    const gap = trimmedGap(this.sent, from - 1);
    if (!slice && !gap) return;
    const cursor = slice ? slice.cursor : cursorAtBase(head);
    this.#credit.send(to, cursor, slice?.bytes ?? 0, slice?.events ?? 0, this.#pacer?.now());
    if (slice) this.#link.charge(slice.bytes);
    if (slice && this.#counts) this.#countSent(this.#counts, slice);
    const ack = this.#credit.isScarce || this.#link.scarce();
    if (this.#pacer) this.#takeTime(this.#pacer, to === head.offset, ack);
    this.#send({
      epoch: this.epoch,
      offset: from,
      cursor,
      ...(slice && { slice }),
      ack,
      // mutant: the-pump-skips-what-is-trimmed
      ...(gap && { gap }),
    });
  }

  #countSent(counts: PumpCounts, { events, bytes, to }: Slice): void {
    counts.sentEvents.value += events;
    counts.sentBytes.value += bytes;
    if (counts.marks) this.#log.mark?.sent(this.epoch, to);
  }

  #countDelivered(events: number, bytes: number): void {
    const counts = this.#counts;
    if (!counts) return;
    counts.deliveredEvents.value += events;
    counts.deliveredBytes.value += bytes;
    if (counts.marks) this.#log.mark?.acknowledged(this.epoch, this.acknowledged);
  }

  /** Reads the clock only if a later step needs the time. */
  #takeTime(pacer: Pacer, atHead: boolean, ack: boolean): void {
    if (ack) this.#askedAt ??= pacer.now();
    const holds = atHead && pacer.windowMs(this.#askedAt) > 0;
    this.#reachedAt = holds ? pacer.now() : undefined;
  }

  #announceReset({ epoch, after, cursor, gap, reset: reason = 'epoch_changed' }: Position): void {
    this.#moveTo({ epoch, after, cursor });
    const reset = { reason, from: after + 1 };
    this.#send({ epoch, offset: after + 1, cursor, ack: true, reset, ...(gap && { gap }) });
  }

  #send(frame: Frame): void {
    if (frame.gap || frame.reset) this.#observer.onAnnounce?.(frame);
    const asks = this.#observer.onFrame?.(frame) === true;
    // Not in the credit: what is only traced must not change the pace.
    this.#link.send(asks && !frame.ack ? { ...frame, ack: true } : frame);
  }
}
