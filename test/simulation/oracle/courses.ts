/**
 * What leaves the server for each session, in order: nothing that is not durable (I1), no hole and no
 * repetition between two receipts, never more in flight than the window allows (I9).
 */

import { spanOf } from '../../../packages/protocol/src/inbox.js';
import type { Receipt, ThreadAck, ThreadEvents } from '../../../packages/protocol/src/messages.js';
import type { SessionSettings } from '../../../packages/server/src/options.js';
import type { ServerSocket } from '../server/server-socket.js';
import type { Court } from './court.js';
import type { Truth } from './truth.js';

interface InFlight {
  readonly to: number;
  readonly events: number;
  readonly bytes: number;
}

/** One session on one socket, since its newest receipt. */
export interface Course {
  readonly session_id: string;
  readonly thread_id: string;
  readonly generation: number;
  readonly socket: ServerSocket;
  epoch: string;
  /** The next offset to leave. */
  next: number;
  /** Where the receipt, or the last reset, has put the reader. */
  floor: number;
  inFlight: InFlight[];
}

export class Courses {
  readonly #court: Court;
  readonly #truth: Truth;
  readonly #settings: SessionSettings;
  readonly #carries: (course: Course) => boolean;
  readonly #bySocket = new Map<ServerSocket, Map<string, Course>>();
  /** Sockets on which a session was refused after it had been granted. */
  readonly #refused = new WeakSet<ServerSocket>();

  /** @param carries whether a session is on its socket at the moment, under that generation */
  constructor(
    court: Court,
    truth: Truth,
    settings: SessionSettings,
    carries: (course: Course) => boolean,
  ) {
    this.#carries = carries;
    this.#court = court;
    this.#truth = truth;
    this.#settings = settings;
  }

  /** Where the newest receipt on a socket, or a reset since, has put a session. */
  floor(socket: ServerSocket, session_id: string): number | undefined {
    return this.#bySocket.get(socket)?.get(session_id)?.floor;
  }

  /** A receipt leaves: frames go on at its `from`. */
  begin(socket: ServerSocket, receipt: Receipt): void {
    const { session_id, thread_id, generation, epoch, from, head } = receipt;
    const log = this.#truth.logOf(epoch);
    const end = log?.lost ? Number.POSITIVE_INFINITY : (log?.head?.offset ?? log?.base ?? 0);
    this.#court.expect(head <= end, 'I1', () => `a receipt promises ${head}, durable is ${end}`);
    for (const [other, courses] of this.#bySocket) {
      if (other !== socket) courses.delete(session_id);
    }
    const courses = this.#bySocket.get(socket) ?? new Map<string, Course>();
    this.#bySocket.set(socket, courses);
    courses.set(session_id, {
      ...{ session_id, thread_id, generation, socket, epoch },
      next: from,
      floor: from - 1,
      inFlight: [],
    });
  }

  /** @param generation the course ends only if it is of this one */
  end(socket: ServerSocket, session_id: string, generation?: number): void {
    const course = this.#bySocket.get(socket)?.get(session_id);
    if (generation === undefined || course?.generation === generation) {
      this.#bySocket.get(socket)?.delete(session_id);
    }
  }

  /** The reader is told that it may not follow any more: nothing is due to it. */
  refused(socket: ServerSocket, session_id: string): void {
    this.#refused.add(socket);
    this.end(socket, session_id);
  }

  /** The reader says how far it has come. */
  acknowledged(socket: ServerSocket, { session_id, epoch, offset }: ThreadAck): void {
    const course = this.#bySocket.get(socket)?.get(session_id);
    if (course?.epoch !== epoch) return;
    course.inFlight = course.inFlight.filter(({ to }) => to > offset);
  }

  /** A frame leaves. Returns the sessions that it may be for. */
  leaves(socket: ServerSocket, frame: ThreadEvents): readonly string[] {
    this.#checkDurable(frame);
    this.#checkErased(frame);
    this.#court.expect(socket.conn.transport.writable, 'I9', () => 'a frame waits in a buffer');
    const courses = [...(this.#bySocket.get(socket)?.values() ?? [])].filter(
      (each) =>
        each.thread_id === frame.thread_id &&
        each.session_id === (frame.session_id ?? each.session_id) &&
        this.#carries(each),
    );
    const course = courses.find((each) => isNext(each, frame));
    if (!course) {
      const due = courses.map(({ epoch, next }) => `${epoch}.${next}`).join(' or ') || 'nothing';
      const what = `the frame ${frame.epoch}.${frame.offset} left where ${due} was due`;
      this.#court.violate(this.#refused.has(socket) ? 'I10' : 'I3', what);
      return [];
    }
    this.#advance(course, frame);
    return courses.map(({ session_id }) => session_id);
  }

  #checkDurable({ epoch, offset, events }: ThreadEvents): void {
    let first = offset;
    for (const [event, data, span = 1] of events) {
      const text = JSON.stringify([event, data]);
      const last = first + span - 1;
      const durable =
        span === 1
          ? this.#truth.at(epoch, first).some((each) => each.text === text)
          : this.#truth.spans.at(epoch, first, last, text).length > 0;
      const place = `${epoch}.${first}`;
      this.#court.expect(durable, 'I1', () => `${place} left, not durable`);
      first = last + 1;
    }
  }

  #checkErased({ epoch, offset, events, thread_id }: ThreadEvents): void {
    const isErased = events.length > 0 && this.#truth.logOf(epoch)?.erased === true;
    this.#court.expect(!isErased, 'I10', () => {
      return `${epoch}.${offset} left after ${thread_id} had been erased`;
    });
  }

  #advance(course: Course, frame: ThreadEvents): void {
    const { events, offset, epoch, reset } = frame;
    if (reset) Object.assign(course, { epoch, floor: reset.from - 1, inFlight: [] });
    const to = offset + spanOf(frame) - 1;
    if (events.length > 0) {
      const bytes = JSON.stringify(events).length - 1;
      this.#checkWindow(course, frame, bytes);
      course.inFlight.push({ to, events: events.length, bytes });
    }
    course.next = to + 1;
  }

  #checkWindow(course: Course, { events }: ThreadEvents, bytes: number): void {
    const { window, maxFrameBytes, maxFrameEvents, connectionWindowBytes } = this.#settings;
    // A comma may hang over.
    const mayBytes = events.length === 1 ? bytes : maxFrameBytes + events.length;
    const fits = events.length <= maxFrameEvents && bytes <= mayBytes;
    this.#court.expect(fits, 'I9', () => `a frame of ${events.length} events, ${bytes} bytes`);
    if (course.inFlight.length === 0) return;
    const own = sum(course.inFlight);
    this.#court.expect(own.events < window.events && own.bytes < window.bytes, 'I9', () => {
      return `a frame left with ${own.events} events, ${own.bytes} bytes unacknowledged`;
    });
    const courses = [...(this.#bySocket.get(course.socket)?.values() ?? [])];
    // What a session that has left still had in flight is not waited for any more.
    const there = courses.filter(this.#carries);
    const all = sum(there.flatMap(({ inFlight }) => inFlight));
    this.#court.expect(all.bytes < connectionWindowBytes, 'I9', () => {
      return `a frame left with ${all.bytes} bytes unacknowledged on its connection`;
    });
  }
}

function isNext(course: Course, { epoch, offset, gap, reset }: ThreadEvents): boolean {
  if (reset) return true;
  if (epoch !== course.epoch) return false;
  return gap ? gap.from === course.next && offset === gap.to + 1 : offset === course.next;
}

const sum = (frames: readonly InFlight[]) => ({
  events: frames.reduce((total, { events }) => total + events, 0),
  bytes: frames.reduce((total, { bytes }) => total + bytes, 0),
});
