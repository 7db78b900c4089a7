/** Spans as they stand in the `spans` table: by epoch and first offset, each with the tag of its last. */

import { SpanBatch } from '../span-batch.js';
import type { Span } from '../store.js';
import type { Environment, Operation } from './environment.js';
import { epochRange, logKey, offsetOfLogKey } from './keys.js';
import { decodeJson, encodeJson } from './record.js';

interface SpanRecord {
  readonly last: number;
  readonly tag: string;
  readonly event: string;
}

export function writeSpan(epoch: string, { first, last, event }: Span, tag: string): Operation {
  const key = logKey(epoch, first);
  return { table: 'spans', key, value: encodeJson(key, { last, tag, event } satisfies SpanRecord) };
}

/** The spans of an epoch that begin at or after an offset, in order, checksums verified. */
export function* spansFrom(
  environment: Environment,
  epoch: string,
  offset: number,
): Generator<SpanBatch> {
  const range = { start: logKey(epoch, offset), end: epochRange(epoch).end };
  for (const { key, value } of environment.range('spans', range)) {
    const { last, tag, event } = decodeJson<SpanRecord>(key, value);
    yield new SpanBatch({ first: offsetOfLogKey(key), last, event }, tag);
  }
}

/** What removes the spans that begin at or before an offset: nobody can be before them any more. */
export function* trimSpans(
  environment: Environment,
  epoch: string,
  base: number,
): Generator<Operation> {
  const range = { start: epochRange(epoch).start, end: logKey(epoch, base + 1) };
  for (const { key } of environment.range('spans', range)) {
    yield { table: 'spans', key, value: null };
  }
}
