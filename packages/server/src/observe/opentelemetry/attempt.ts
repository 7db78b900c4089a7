/** What the app's own parts throw (span processors, samplers, `acceptParents`) must not disturb what is traced (I11). */

import { diag } from '@opentelemetry/api';

/** The result of the work; `otherwise` if it throws, which OpenTelemetry's diagnostic logger reports. */
export function attempt<T>(work: () => T, otherwise: T): T {
  try {
    return work();
  } catch (error) {
    diag.error('Session Monitor: a part of the tracing set-up has thrown an error', error);
    return otherwise;
  }
}
