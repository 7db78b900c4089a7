/** Keeps the spans of a process in memory, and shows them in a form that survives JSON. */

import { trace } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';

export function recordSpans({ registered = false } = {}) {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  if (registered) trace.setGlobalTracerProvider(provider);
  return { provider, spans: () => exporter.getFinishedSpans().map(show) };
}

const milliseconds = ([seconds, nanoseconds]) => seconds * 1e3 + nanoseconds / 1e6;

const show = (span) => ({
  name: span.name,
  trace: span.spanContext().traceId,
  id: span.spanContext().spanId,
  above: span.parentSpanContext?.spanId,
  links: span.links.map(({ context }) => context.spanId),
  attributes: span.attributes,
  events: span.events.map(({ name }) => name),
  failure: span.status.message,
  begunAt: milliseconds(span.startTime),
  endedAt: milliseconds(span.endTime),
});
