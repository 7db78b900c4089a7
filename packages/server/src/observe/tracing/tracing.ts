/**
 * What the server needs of a library that traces. `observe/opentelemetry` has it from OpenTelemetry; without one, nothing is
 * traced. No method throws, and none waits.
 */

import type { IncomingMessage } from 'node:http';
import type { AttributeKey, EventName, SpanKind, SpanName } from './names.js';

export type AttributeValue = string | number | boolean | string[];

export type Attributes = Readonly<Partial<Record<AttributeKey, AttributeValue>>>;

/** What a span begins with. */
export interface SpanStart {
  readonly kind: SpanKind;
  /** Milliseconds since 1970, with a fraction. */
  readonly at: number;
  readonly attributes: Attributes;
}

/** Starts a span at one place: in a new trace, below another span, or below one of another process. */
export type StartSpan = (name: SpanName, start: SpanStart) => Span;

/** A span that has started. */
export interface Span {
  /** Whether its attributes and events are kept: false for a span that is not sampled. */
  readonly isRecording: boolean;
  /** The context of a sampled span, as the header `traceparent` of W3C has it. Undefined for another. */
  readonly traceparent: string | undefined;
  /** Starts a span below it. */
  readonly start: StartSpan;
  set(attributes: Attributes): void;
  event(name: EventName, at: number): void;
  /** @param code why what it stands for has failed */
  fail(code: string): void;
  end(at: number): void;
  /** Runs `work` with the span as the active one: spans that it starts are below this one. */
  within<T>(work: () => T): T;
}

/** Where spans go. `openTelemetry()` makes one. */
export interface Tracing {
  /**
   * For the spans of an HTTP request. Called as soon as it arrives: later code may run in the context of another request.
   *
   * @internal
   */
  received(request: IncomingMessage): StartSpan;
  /**
   * Below the span that is active now, if one is.
   *
   * @internal
   */
  active(): StartSpan;
  /**
   * In a new trace.
   *
   * @internal
   */
  unrelated(): StartSpan;
  /**
   * Below a span of another node.
   *
   * @param traceparent that of the span
   * @internal
   */
  remote(traceparent: string): StartSpan;
  /**
   * Resolves when the spans so far are exported, as far as they can be. Never rejects.
   *
   * @internal
   */
  flush(): Promise<void>;
  /**
   * Whether spans name users and addresses.
   *
   * @internal
   */
  readonly identities: boolean;
  /**
   * Whether the span of a run has the attributes of the GenAI conventions, which are not stable.
   *
   * @internal
   */
  readonly genAi: boolean;
}
