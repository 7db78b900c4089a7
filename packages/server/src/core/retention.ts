/** Which batches of a log may go. Pure; every store asks the same question. */

/**
 * How much of a thread is kept. A batch goes as soon as one limit says so: it is too old, or the
 * batches after it hold `maxEvents` events or `maxBytes` bytes. A log so keeps at most one batch more
 * than a limit, and never less.
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
 * Whether a batch is beyond a limit. Asked from the oldest batch on, until the answer is no.
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
