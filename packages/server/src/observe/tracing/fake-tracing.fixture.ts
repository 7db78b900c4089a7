/** A tracing library that keeps the spans of a test. */

import type { AttributeValue, Span, SpanStart, StartSpan, Tracing } from './tracing.js';

export class FakeSpan implements Span {
  readonly isRecording = true;
  readonly name: string;
  readonly kind: SpanStart['kind'];
  readonly begunAt: number;
  /** What it was started below: the `traceparent` of another process, or the name of a span. */
  readonly below: string | undefined;
  readonly traceparent: string;
  readonly start: StartSpan;
  readonly attributes: Record<string, AttributeValue | undefined>;
  readonly events: (readonly [name: string, at: number])[] = [];
  failure: string | undefined;
  endedAt: number | undefined;

  constructor(
    name: string,
    { kind, at, attributes }: SpanStart,
    { below, traceparent, start }: Pick<FakeSpan, 'below' | 'traceparent' | 'start'>,
  ) {
    this.name = name;
    this.kind = kind;
    this.begunAt = at;
    this.attributes = { ...attributes };
    this.below = below;
    this.traceparent = traceparent;
    this.start = start;
  }

  set(attributes: SpanStart['attributes']): void {
    Object.assign(this.attributes, attributes);
  }

  event(name: string, at: number): void {
    this.events.push([name, at]);
  }

  fail(code: string): void {
    this.failure = code;
  }

  end(at: number): void {
    this.endedAt = at;
  }

  within<T>(work: () => T): T {
    return work();
  }
}

export class FakeTracing implements Tracing {
  readonly identities = false;
  readonly genAi = false;
  /** In the order in which they were started. */
  readonly spans: FakeSpan[] = [];

  received = (): StartSpan => this.#below(undefined);
  active = (): StartSpan => this.#below(undefined);
  unrelated = (): StartSpan => this.#below(undefined);
  remote = (traceparent: string): StartSpan => this.#below(traceparent);

  flush = async (): Promise<void> => {};

  #below(below: string | undefined): StartSpan {
    return (name, start) => {
      const traceparent = traceparentOf(this.spans.length + 1);
      const span = new FakeSpan(name, start, { below, traceparent, start: this.#below(name) });
      this.spans.push(span);
      return span;
    };
  }
}

/** The `traceparent` of the nth span. */
export const traceparentOf = (n: number): string =>
  `00-${'a'.repeat(32)}-${n.toString(16).padStart(16, '0')}-01`;
