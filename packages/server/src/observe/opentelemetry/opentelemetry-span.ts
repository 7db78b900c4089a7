/** A span of OpenTelemetry as the server knows spans. */

import {
  type Span as ApiSpan,
  type Context,
  context,
  SpanStatusCode,
  TraceFlags,
} from '@opentelemetry/api';
import { writeTraceparent } from '../tracing/traceparent.js';
import type { Attributes, Span, StartSpan } from '../tracing/tracing.js';
import { attempt } from './attempt.js';

export class OpenTelemetrySpan implements Span {
  readonly isRecording: boolean;
  readonly start: StartSpan;
  readonly #span: ApiSpan;
  readonly #context: Context;

  /**
   * @param within the context in which the span is the active one
   * @param start starts a span below it
   */
  constructor(span: ApiSpan, within: Context, start: StartSpan) {
    this.#span = span;
    this.#context = within;
    this.start = start;
    this.isRecording = attempt(() => span.isRecording(), false);
  }

  get traceparent(): string | undefined {
    const { traceId, spanId, traceFlags: flags } = this.#span.spanContext();
    if ((flags & TraceFlags.SAMPLED) === 0) return undefined;
    return writeTraceparent({ traceId, spanId, flags });
  }

  set(attributes: Attributes): void {
    attempt(() => this.#span.setAttributes(attributes), undefined);
  }

  event(name: string, at: number): void {
    attempt(() => this.#span.addEvent(name, at), undefined);
  }

  fail(code: string): void {
    attempt(() => {
      this.#span.setAttribute('error.type', code);
      this.#span.setStatus({ code: SpanStatusCode.ERROR, message: code });
    }, undefined);
  }

  end(at: number): void {
    attempt(() => this.#span.end(at), undefined);
  }

  within<T>(work: () => T): T {
    return context.with(this.#context, work);
  }
}
