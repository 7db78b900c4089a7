/** Traces where a tracer provider is registered, as `node --import` does it. */

import type { Tracing } from '@session-monitor/server';

const PEER = '@opentelemetry/api';

/** Undefined if `@opentelemetry/api` is not installed, or no provider is registered. */
export async function registeredTracing(): Promise<Tracing | undefined> {
  try {
    const { openTelemetry } = await import('@session-monitor/server/opentelemetry');
    return openTelemetry();
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' && String(message).includes(PEER);
    if (isMissing) return undefined;
    throw error;
  }
}
