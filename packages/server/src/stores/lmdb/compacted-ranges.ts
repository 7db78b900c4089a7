/** Compacted ranges in the `spans` table: by epoch and first offset, each with the tag of its last offset. */

import { CompactedBatch } from '../compacted-batch.js';
import type { CompactedRange } from '../store.js';
import type { Environment, Operation } from './environment.js';
import { epochRange, logKey, offsetOfLogKey } from './keys.js';
import { decodeJson, encodeJson } from './record.js';

interface CompactedRecord {
  readonly last: number;
  readonly tag: string;
  readonly event: string;
}

export function writeCompactedRange(
  epoch: string,
  { first, last, event }: CompactedRange,
  tag: string,
): Operation {
  const key = logKey(epoch, first);
  return {
    table: 'spans',
    key,
    value: encodeJson(key, { last, tag, event } satisfies CompactedRecord),
  };
}

/** The compacted ranges of an epoch that begin at or after an offset, in order, checksums verified. */
export function* compactedFrom(
  environment: Environment,
  epoch: string,
  offset: number,
): Generator<CompactedBatch> {
  const range = { start: logKey(epoch, offset), end: epochRange(epoch).end };
  for (const { key, value } of environment.range('spans', range)) {
    const { last, tag, event } = decodeJson<CompactedRecord>(key, value);
    yield new CompactedBatch({ first: offsetOfLogKey(key), last, event }, tag);
  }
}

/** Removes the compacted ranges that begin at or before an offset. No reader can be before them any more. */
export function* trimCompacted(
  environment: Environment,
  epoch: string,
  base: number,
): Generator<Operation> {
  const range = { start: epochRange(epoch).start, end: logKey(epoch, base + 1) };
  for (const { key } of environment.range('spans', range)) {
    yield { table: 'spans', key, value: null };
  }
}
