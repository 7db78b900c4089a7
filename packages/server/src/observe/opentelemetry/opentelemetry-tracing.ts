/** Starts spans by OpenTelemetry, each at its place: in a new trace, below another span, or below one of another process. */

import type { IncomingMessage } from 'node:http';
import {
  type Context,
  context,
  diag,
  INVALID_SPAN_CONTEXT,
  type Link,
  propagation,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { readTraceparent } from '../tracing/traceparent.js';
import type { Span, SpanStart, StartSpan, Tracing } from '../tracing/tracing.js';
import { attempt } from './attempt.js';
import { OpenTelemetrySpan } from './opentelemetry-span.js';

const KINDS: Readonly<Record<SpanStart['kind'], SpanKind>> = {
  internal: SpanKind.INTERNAL,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
};

/** A provider that keeps spans for a while before it exports them. */
interface Exporting {
  forceFlush(): Promise<void>;
}

export interface OpenTelemetryTracingDeps {
  readonly provider: object;
  readonly tracer: Tracer;
  readonly acceptParents: (request: IncomingMessage) => boolean;
  readonly identities: boolean;
  readonly genAi: boolean;
}

export class OpenTelemetryTracing implements Tracing {
  readonly identities: boolean;
  readonly genAi: boolean;
  readonly #provider: Partial<Exporting>;
  readonly #tracer: Tracer;
  readonly #acceptParents: (request: IncomingMessage) => boolean;

  constructor(deps: OpenTelemetryTracingDeps) {
    const { provider, tracer, acceptParents, identities, genAi } = deps;
    this.#provider = provider;
    this.#tracer = tracer;
    this.#acceptParents = acceptParents;
    this.identities = identities;
    this.genAi = genAi;
  }

  received(request: IncomingMessage): StartSpan {
    const active = context.active();
    // Most requests start no span.
    return (name, start) => this.#ofRequest(request, active)(name, start);
  }

  active(): StartSpan {
    return this.#below(context.active());
  }

  unrelated(): StartSpan {
    return this.#below(ROOT_CONTEXT);
  }

  remote(traceparent: string): StartSpan {
    const span = contextOf(traceparent);
    return this.#below(span ? trace.setSpanContext(ROOT_CONTEXT, span) : ROOT_CONTEXT);
  }

  async flush(): Promise<void> {
    try {
      await this.#provider.forceFlush?.();
    } catch (error) {
      diag.error('Session Monitor: the last spans could not be exported', error);
    }
  }

  #ofRequest(request: IncomingMessage, active: Context): StartSpan {
    // A span of the app's own, as of an instrumentation of `node:http`.
    const own = trace.getSpanContext(active);
    const remote = attempt(() => remoteSpan(request), undefined);
    if (!remote) return this.#below(active);
    if (attempt(() => this.#acceptParents(request), false)) {
      return this.#below(own ? active : trace.setSpanContext(active, remote));
    }
    // The app's own span may be in the trace that the request names.
    const isElsewhere = own?.traceId === remote.traceId;
    return own && !isElsewhere
      ? this.#below(active, [{ context: remote }])
      : this.#below(trace.deleteSpan(active), [{ context: own ?? remote }]);
  }

  #below(parent: Context, links: Link[] = []): StartSpan {
    return (name, { kind, at, attributes }) => {
      const options = { kind: KINDS[kind], startTime: at, attributes, links };
      const span = attempt(
        () => this.#tracer.startSpan(name, options, parent),
        trace.wrapSpanContext(INVALID_SPAN_CONTEXT),
      );
      const within = trace.setSpan(parent, span);
      const made: Span = new OpenTelemetrySpan(span, within, this.#below(within));
      return made;
    };
  }
}

/** The span that a request names as its parent. Without a registered propagator, that of W3C's header. */
function remoteSpan({ headers }: IncomingMessage): SpanContext | undefined {
  const extracted = trace.getSpanContext(propagation.extract(ROOT_CONTEXT, headers));
  if (extracted) return extracted;
  return typeof headers.traceparent === 'string' ? contextOf(headers.traceparent) : undefined;
}

function contextOf(traceparent: string): SpanContext | undefined {
  const { traceId, spanId, flags } = readTraceparent(traceparent) ?? {};
  return traceId !== undefined && spanId !== undefined && flags !== undefined
    ? { traceId, spanId, traceFlags: flags, isRemote: true }
    : undefined;
}
