import type { IncomingMessage } from 'node:http';
import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  ParentBasedSampler,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Span, SpanStart, StartSpan, Tracing } from '../tracing/tracing.js';
import { type OpenTelemetryOptions, openTelemetry } from './index.js';

const STRANGER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const HEADER = `00-${STRANGER.traceId}-${STRANGER.spanId}-01`;

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(() => context.disable());

function setUp(
  options: OpenTelemetryOptions = {},
  more: { sampler?: Sampler; processor?: SpanProcessor } = {},
) {
  const exporter = new InMemorySpanExporter();
  const { processor = new SimpleSpanProcessor(exporter), ...sampling } = more;
  const provider = new BasicTracerProvider({ spanProcessors: [processor], ...sampling });
  const tracing = openTelemetry({ tracerProvider: provider, ...options });
  if (!tracing) throw new Error('There is a provider');
  const app = provider.getTracer('app');
  return { tracing, app, provider, spans: () => exporter.getFinishedSpans() };
}

const requestWith = (headers: IncomingMessage['headers']) => ({ headers }) as IncomingMessage;
const START: SpanStart = { kind: 'producer', at: 1_000_000, attributes: {} };
const message = (start: StartSpan): Span => start('session_monitor.message', START);
const named = (tracing: Tracing, headers: IncomingMessage['headers'] = { traceparent: HEADER }) =>
  message(tracing.received(requestWith(headers)));

const idsOf = (span: ReadableSpan | undefined) => ({
  trace: span?.spanContext().traceId,
  above: span?.parentSpanContext?.spanId,
  links: span?.links.map((link) => link.context.spanId),
});

describe('a request that names a trace', () => {
  test('begins a new trace here, with a link to the other', () => {
    const { tracing, spans } = setUp();
    named(tracing).end(1_000_001);
    const { trace: own, above, links } = idsOf(spans()[0]);
    expect([above, links]).toEqual([undefined, [STRANGER.spanId]]);
    expect(own).not.toBe(STRANGER.traceId);
  });

  test('goes on with it if the app accepts that request', () => {
    const acceptParents = ({ headers }: IncomingMessage) => headers.host === 'inside';
    const { tracing, spans } = setUp({ acceptParents });
    named(tracing, { traceparent: HEADER, host: 'inside' }).end(1_000_001);
    named(tracing, { traceparent: HEADER, host: 'outside' }).end(1_000_001);
    expect(spans().map((span) => span.parentSpanContext?.spanId)).toEqual([
      STRANGER.spanId,
      undefined,
    ]);
    expect(spans()[0]?.spanContext().traceId).toBe(STRANGER.traceId);
  });

  test('does not have this one sampled because it is', () => {
    const sampler = new ParentBasedSampler({ root: new AlwaysOffSampler() });
    const { tracing, spans } = setUp({}, { sampler });
    const span = named(tracing);
    span.end(1_000_001);
    expect([span.isRecording, spans()]).toEqual([false, []]);
  });

  test('is not accepted if the app fails to say so', () => {
    const acceptParents = () => {
      throw new Error('of the app');
    };
    const { tracing, spans } = setUp({ acceptParents });
    named(tracing).end(1_000_001);
    expect(idsOf(spans()[0])).toMatchObject({ above: undefined, links: [STRANGER.spanId] });
  });

  test('is below a span of the app, which is in another trace', () => {
    const { tracing, app, spans } = setUp();
    app.startActiveSpan('middleware', (span) => {
      named(tracing).end(1_000_001);
      span.end();
    });
    const [ours, middleware] = spans();
    const above = middleware?.spanContext().spanId;
    expect(idsOf(ours)).toMatchObject({ above, links: [STRANGER.spanId] });
  });

  test('leaves the trace that an instrumentation of HTTP goes on with, and links to its span', () => {
    const { tracing, app, spans } = setUp();
    const remote = { ...STRANGER, traceFlags: 1, isRemote: true };
    const extracted = trace.setSpanContext(ROOT_CONTEXT, remote);
    app.startActiveSpan('POST', {}, extracted, (span) => {
      named(tracing).end(1_000_001);
      span.end();
    });
    const [ours, http] = spans();
    expect(http?.spanContext().traceId).toBe(STRANGER.traceId);
    const links = [http?.spanContext().spanId];
    expect(idsOf(ours)).toMatchObject({ above: undefined, links });
    expect(ours?.spanContext().traceId).not.toBe(STRANGER.traceId);
  });

  test.each(['', 'nonsense', `00-${'0'.repeat(32)}-${STRANGER.spanId}-01`])(
    'with %o has no link',
    (traceparent) => {
      const { tracing, spans } = setUp();
      named(tracing, { traceparent }).end(1_000_001);
      expect(idsOf(spans()[0])).toMatchObject({ above: undefined, links: [] });
    },
  );
});

test('a request takes the context in which it arrived, not the one in which it is handled', () => {
  const { tracing, app, spans } = setUp();
  let start: StartSpan | undefined;
  const first = app.startSpan('first');
  context.with(trace.setSpan(ROOT_CONTEXT, first), () => {
    start = tracing.received(requestWith({}));
  });
  app.startActiveSpan('second', (second) => {
    if (start) message(start).end(1_000_001);
    second.end();
  });
  expect(idsOf(spans()[0]).above).toBe(first.spanContext().spanId);
});

test('a packet of a socket begins a trace, whatever is active', () => {
  const { tracing, app, spans } = setUp();
  app.startActiveSpan('upgrade', (span) => {
    message(tracing.unrelated()).end(1_000_001);
    span.end();
  });
  expect(idsOf(spans()[0])).toMatchObject({ above: undefined, links: [] });
});

test('a trace goes on below a span of another node', () => {
  const { tracing, spans } = setUp();
  const above = message(tracing.unrelated());
  const text = above.traceparent ?? '';
  above.end(1_000_001);
  const other = setUp();
  message(other.tracing.remote(text)).end(1_000_002);
  expect(idsOf(other.spans()[0])).toMatchObject({
    trace: spans()[0]?.spanContext().traceId,
    above: spans()[0]?.spanContext().spanId,
  });
});

test('a span has its kind, times, attributes, events and failure', () => {
  const { tracing, spans } = setUp();
  const attributes = { 'session_monitor.thread_id': 't' };
  const span = tracing.active()('session_monitor.run', {
    kind: 'consumer',
    at: 1_700_000_000_000,
    attributes,
  });
  span.event('session_monitor.turn', 1_700_000_000_001.5);
  span.set({ 'session_monitor.parts': 3 });
  span.fail('responder_failed');
  span.end(1_700_000_000_002.25);
  expect(spans()[0]).toMatchObject({
    name: 'session_monitor.run',
    kind: SpanKind.CONSUMER,
    startTime: [1_700_000_000, 0],
    duration: [0, 2_250_000],
    attributes: { ...attributes, 'session_monitor.parts': 3, 'error.type': 'responder_failed' },
    status: { code: SpanStatusCode.ERROR, message: 'responder_failed' },
    events: [{ name: 'session_monitor.turn', time: [1_700_000_000, 1_500_000] }],
    instrumentationScope: { name: '@session-monitor/server' },
  });
});

test('what is not sampled travels to no node, and its calls are not sampled either', () => {
  const { tracing, app, spans } = setUp({}, { sampler: new AlwaysOffSampler() });
  const span = message(tracing.unrelated());
  expect([span.isRecording, span.traceparent]).toEqual([false, undefined]);
  const active = span.within(() => app.startSpan('a call'));
  expect(active.isRecording()).toBe(false);
  span.end(1_000_001);
  expect(spans()).toEqual([]);
});

test('a processor and a sampler that throw disturb nothing', () => {
  const fails = () => {
    throw new Error('of the app');
  };
  const processor = {
    onStart: fails,
    onEnd: fails,
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  for (const more of [
    { processor },
    { sampler: { shouldSample: fails, toString: () => 'fails' } },
  ]) {
    const { tracing } = setUp({}, more);
    const span = message(tracing.unrelated());
    span.set({ 'session_monitor.parts': 1 });
    expect(span.within(() => 'done')).toBe('done');
    span.end(1_000_001);
  }
});

test('the spans so far are exported on request, and a provider that cannot do that is no error', async () => {
  const { tracing, provider } = setUp();
  let flushed = 0;
  provider.forceFlush = async () => {
    flushed += 1;
    if (flushed === 2) throw new Error('of the exporter');
  };
  await tracing.flush();
  await tracing.flush();
  expect(flushed).toBe(2);
  const plain = openTelemetry({
    tracerProvider: { getTracer: (name) => provider.getTracer(name) },
  });
  await plain?.flush();
});

describe('without a provider of the app', () => {
  test('nothing is traced', () => {
    expect(openTelemetry()).toBeUndefined();
  });

  test('the registered one is used', () => {
    const { provider, spans } = setUp();
    trace.setGlobalTracerProvider(provider);
    try {
      const tracing = openTelemetry();
      if (tracing) message(tracing.unrelated()).end(1_000_001);
    } finally {
      trace.disable();
    }
    expect(spans()).toHaveLength(1);
    expect(openTelemetry()).toBeUndefined();
  });
});

test.each([
  [undefined, false],
  ['http', false],
  ['http, gen_ai_latest_experimental', true],
])('OTEL_SEMCONV_STABILITY_OPT_IN=%s opts into the GenAI conventions: %s', (value, genAi) => {
  const name = 'OTEL_SEMCONV_STABILITY_OPT_IN';
  const before = process.env[name];
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
  try {
    expect(setUp().tracing.genAi).toBe(genAi);
    expect(setUp({ genAi: true }).tracing.genAi).toBe(true);
  } finally {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  }
});
