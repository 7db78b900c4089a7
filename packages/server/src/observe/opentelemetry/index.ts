/** Traces by OpenTelemetry: `@session-monitor/server/opentelemetry`. Its package `@opentelemetry/api` is an optional peer. */

import type { IncomingMessage } from 'node:http';
import { ProxyTracerProvider, type TracerProvider, trace } from '@opentelemetry/api';
import { VERSION } from '../../version.js';
import type { Tracing } from '../tracing/tracing.js';
import { OpenTelemetryTracing } from './opentelemetry-tracing.js';

/** How the server traces. */
export interface OpenTelemetryOptions {
  /** Where spans go. Default: the provider that is registered, if one is. */
  readonly tracerProvider?: TracerProvider;
  /**
   * Whether the trace that an HTTP request names (`traceparent`, or what the registered propagator reads) goes on here.
   * Default: no. The span of the request then begins a trace, with a link to the other.
   */
  readonly acceptParents?: (request: IncomingMessage) => boolean;
  /** Whether spans name users and addresses. Default false. */
  readonly identities?: boolean;
  /**
   * Whether the span of a run has attributes of the GenAI conventions, which may still change. Default: whether the
   * environment variable `OTEL_SEMCONV_STABILITY_OPT_IN` has `gen_ai_latest_experimental`.
   */
  readonly genAi?: boolean;
}

/** The name under which spans are made. */
const SCOPE = '@session-monitor/server';
const GEN_AI_OPT_IN = 'gen_ai_latest_experimental';

/**
 * Traces messages, replies and deliveries: the option `tracing` of `attachSessions`. Undefined if there is no provider:
 * then nothing is traced, and tracing costs nothing.
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): Tracing | undefined {
  const provider = options.tracerProvider ?? registeredProvider();
  if (!provider) return undefined;
  const {
    acceptParents = () => false,
    identities = false,
    genAi = optsInto(GEN_AI_OPT_IN),
  } = options;
  const tracer = provider.getTracer(SCOPE, VERSION);
  return new OpenTelemetryTracing({ provider, tracer, acceptParents, identities, genAi });
}

/** The API stands in for a provider that is not there with one that does nothing. */
function registeredProvider(): TracerProvider | undefined {
  const provider = delegateOf(trace.getTracerProvider());
  return provider === delegateOf(new ProxyTracerProvider()) ? undefined : provider;
}

/** What the API's stand-in passes calls on to. Another copy of the API may have registered it, so its class says nothing. */
function delegateOf(provider: TracerProvider): TracerProvider {
  const { getDelegate } = provider as Partial<ProxyTracerProvider>;
  return getDelegate ? getDelegate.call(provider as ProxyTracerProvider) : provider;
}

const optsInto = (name: string): boolean =>
  (process.env.OTEL_SEMCONV_STABILITY_OPT_IN ?? '').split(',').some((each) => each.trim() === name);
