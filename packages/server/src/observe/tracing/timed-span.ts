/** A span with the server's clock: it begins at a wall time, and what follows is as long after it as monotonic time says. */

import type { Clock } from '../../util/clock.js';
import { SPANS, type SpanName } from './names.js';
import type { Attributes, Span, StartSpan } from './tracing.js';

/** One time, by both clocks, in milliseconds. */
export interface Moment {
  readonly now: number;
  readonly wall: number;
}

type SpanClock = Pick<Clock, 'now' | 'wall'>;

export const momentOf = (clock: SpanClock): Moment => ({ now: clock.now(), wall: clock.wall() });

/** The attributes that a span of this name may have. */
export type AttributesOf<Name extends SpanName> = Pick<
  Attributes,
  (typeof SPANS)[Name]['attributes'][number] & keyof Attributes
>;

export class TimedSpan<Name extends SpanName> {
  readonly #span: Span;
  readonly #clock: SpanClock;
  readonly #begun: Moment;

  constructor(
    name: Name,
    start: StartSpan,
    attributes: AttributesOf<Name>,
    clock: SpanClock,
    begun: Moment = momentOf(clock),
  ) {
    this.#clock = clock;
    this.#begun = begun;
    this.#span = start(name, { kind: SPANS[name].kind, at: begun.wall, attributes });
  }

  get isRecording(): boolean {
    return this.#span.isRecording;
  }

  get traceparent(): string | undefined {
    return this.#span.traceparent;
  }

  /** Starts a span below it, now. */
  child<Child extends SpanName>(name: Child, attributes: AttributesOf<Child>): TimedSpan<Child> {
    return new TimedSpan(name, this.#span.start, attributes, this.#clock);
  }

  set(attributes: AttributesOf<Name>): void {
    this.#span.set(attributes);
  }

  event(name: (typeof SPANS)[Name]['events'][number]): void {
    this.#span.event(name, this.#at());
  }

  fail(code: string): void {
    this.#span.fail(code);
  }

  end(): void {
    this.#span.end(this.#at());
  }

  within<T>(work: () => T): T {
    return this.#span.within(work);
  }

  #at(): number {
    return this.#begun.wall + (this.#clock.now() - this.#begun.now);
  }
}
