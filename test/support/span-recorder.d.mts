import type { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';

export interface RecordedSpan {
  readonly name: string;
  readonly trace: string;
  readonly id: string;
  /** The span that it is below, on whichever node. */
  readonly above?: string;
  readonly links: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly string[];
  readonly failure?: string;
  /** Milliseconds since 1970. */
  readonly begunAt: number;
  readonly endedAt: number;
}

export interface SpanRecorder {
  readonly provider: BasicTracerProvider;
  /** Those that have ended, in that order. */
  spans(): readonly RecordedSpan[];
}

/** @param options.registered whether the process's servers find the provider by themselves */
export function recordSpans(options?: { readonly registered?: boolean }): SpanRecorder;
