/** Decides which batches of a log may be trimmed. Pure; every store uses it. */

/**
 * How much of a thread is kept. A batch may be trimmed as soon as one limit allows it: it is too old, or the batches
 * after it hold `maxEvents` events or `maxBytes` bytes. So a log keeps at most one batch more than a limit, and never
 * less.
 */
export interface Retention {
  readonly maxAgeMs?: number;
  readonly maxEvents?: number;
  readonly maxBytes?: number;
}

interface Extent {
  readonly last: number;
  readonly cumulativeBytes: number;
}

/**
 * Whether a batch is beyond a limit. Call it from the oldest batch on, until it returns false.
 *
 * @param head the newest batch of the log
 * @param now milliseconds since 1970
 */
export function mayTrim(
  batch: Extent & { readonly at: number },
  head: Extent,
  retention: Retention,
  now: number,
): boolean {
  const { maxAgeMs, maxEvents, maxBytes } = retention;
  if (maxAgeMs !== undefined && batch.at < now - maxAgeMs) return true;
  if (maxEvents !== undefined && head.last - batch.last >= maxEvents) return true;
  return maxBytes !== undefined && head.cumulativeBytes - batch.cumulativeBytes >= maxBytes;
}
