/**
 * What one session may be sent: the real `Credit` gets what the trace says was sent and told, and each line must be what
 * follows from it. It begins where the trace says where the session is.
 *
 * Other sessions of the connection share its credit, and a trace by OpenTelemetry asks for acknowledgements, too: so a frame may
 * wait longer, and ask more often, than the credit alone says; never the other way round.
 */

import type { Window } from '../../../packages/protocol/src/messages.js';
import { Credit, trimmedGap } from '../../../packages/protocol/src/rules/index.js';
import type { TraceLine } from '../../../packages/server/src/observe/session-trace/line.js';
import { type Divergence, firstDifference, numberIn } from './divergence.js';

/** A trace that begins in the middle does not say how large the window is. */
const UNKNOWN: Window = { events: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
/** Epochs do not stand in a trace: each reset begins another one. */
const epochOf = (number: number): string => `epoch-${number}`;

export class CreditReplay {
  #credit: Credit | undefined;
  #window = UNKNOWN;
  #epoch = 0;
  /** Where it was before a resume: until the receipt has left, frames may go on from there. */
  #former: Credit | undefined;
  /** A gap that was announced for the next frame. */
  #gap: TraceLine | undefined;
  /** The next frame announces a reset: its gap is all that is trimmed. */
  #isReset = false;

  /**
   * @param after the last offset that the reader has
   * @param window undefined if it is not known
   */
  begin(after: number, window?: Window): void {
    this.#former = undefined;
    this.#window = window ?? this.#window;
    this.#epoch += 1;
    this.#gap = undefined;
    this.#isReset = false;
    this.#credit = new Credit(this.#window, this.#place(after));
  }

  /** The same, on a connection that goes on. */
  resume(after: number, window?: Window): void {
    const former = this.#credit;
    this.begin(after, window);
    this.#former = former;
  }

  /** The line of a step; undefined if there is nothing to decide in it, or nothing is known yet. */
  check(line: TraceLine): Divergence | 'agrees' | undefined {
    const found = this.#check(line);
    return found === null ? 'agrees' : found;
  }

  #check(line: TraceLine): Divergence | undefined | null {
    switch (line.step) {
      case 'frame':
        return this.#credit && (this.#onFrame(this.#credit, line) ?? null);
      case 'acknowledged':
        return this.#onAcknowledged(line);
      case 'gap':
        this.#gap = line;
        return undefined;
      case 'reset':
        this.#epoch += 1;
        this.#isReset = true;
        this.#credit?.moveTo(this.#place(Number(line.from) - 1));
        return undefined;
      case 'pause':
        if (line.waiting !== 'credit' || !this.#credit || this.#window === UNKNOWN)
          return undefined;
        return this.#credit.inFlightBytes > 0
          ? null
          : { what: 'waits for credit with so many bytes in flight', traced: 'credit', decided: 0 };
      case 'sample':
      case 'disconnect':
        return this.#credit && (this.#compare(this.#credit, line) ?? null);
      default:
        return undefined;
    }
  }

  #onFrame(credit: Credit, line: TraceLine): Divergence | undefined {
    const [from, to, events, bytes] = ['from', 'to', 'events', 'bytes'].map(
      (field) => numberIn(line, field) ?? Number.NaN,
    ) as [number, number, number, number];
    const former = this.#former;
    this.#former = undefined;
    if (former && from === former.sent + 1 && from !== credit.sent + 1) {
      former.send(to, this.#place(to).cursor, bytes, events);
      this.#former = former;
      return undefined;
    }
    const announced = this.#gap;
    this.#gap = undefined;
    const gap = trimmedGap(this.#isReset ? 0 : credit.sent, from - 1);
    this.#isReset = false;
    const { eventsLeft, bytesLeft } = credit;
    const found = firstDifference({
      'the beginning of the gap before the frame': [announced?.gap_from as number, gap?.from],
      'the end of the gap before the frame': [announced?.gap_to as number, gap?.to],
      // Without a gap it goes on behind what was sent.
      'where the frame begins': [from, gap ? from : credit.sent + 1],
      'whether its credit was spent': [false, credit.isSpent()],
      'more events than its credit allows': [Math.max(events, eventsLeft), eventsLeft],
      'more bytes than its credit allows': [
        events > 1 ? Math.max(bytes, bytesLeft) : bytesLeft,
        bytesLeft,
      ],
    });
    if (found) return found;
    credit.send(to, this.#place(to).cursor, bytes, events);
    return credit.isScarce && line.asks_ack === false
      ? { what: 'whether the frame asks for an acknowledgement', traced: false, decided: true }
      : undefined;
  }

  #onAcknowledged(line: TraceLine): Divergence | undefined | null {
    const [told, offset, bytes] = ['told', 'offset', 'in_flight_bytes'].map((field) =>
      numberIn(line, field),
    );
    if (told === undefined || offset === undefined || bytes === undefined) return undefined;
    const credit = this.#credit;
    if (!credit) {
      // Nothing is in flight: what is acknowledged is all that was sent.
      if (bytes === 0) this.begin(offset);
      return undefined;
    }
    credit.acknowledge(line.same_epoch === false ? 'another' : epochOf(this.#epoch), told);
    return (
      firstDifference({
        'what is acknowledged': [offset, credit.acknowledged],
        'bytes in flight': [bytes, credit.inFlightBytes],
      }) ?? null
    );
  }

  #compare(credit: Credit, line: TraceLine): Divergence | undefined {
    const { acknowledged, sent, in_flight_bytes } = line;
    return firstDifference({
      'what is acknowledged': [acknowledged as number, credit.acknowledged],
      'what was sent': [sent as number, credit.sent],
      ...(in_flight_bytes !== undefined && {
        'bytes in flight': [in_flight_bytes as number, credit.inFlightBytes] as const,
      }),
    });
  }

  #place(after: number) {
    const epoch = epochOf(this.#epoch);
    return { epoch, after, cursor: `${epoch}.${after}.tag` };
  }
}
