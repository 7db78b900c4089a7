/** Decodes the replies of Redis. They come from the store's own scripts, so their shape is known. */

import { CompactedBatch } from '../compacted-batch.js';
import { EventBatch } from '../event-batch.js';
import type { ThreadHead } from '../store.js';
import type { Reply } from './redis-client.js';

export const textOf = (reply: Reply | undefined): string =>
  reply instanceof Buffer ? reply.toString('utf8') : String(reply ?? '');

export const numberOf = (reply: Reply | undefined): number =>
  typeof reply === 'number' ? reply : Number(textOf(reply));

export const listOf = (reply: Reply | undefined): readonly Reply[] =>
  Array.isArray(reply) ? reply : [];

export const textsOf = (reply: Reply | undefined): readonly string[] => listOf(reply).map(textOf);

export interface ShownHead extends ThreadHead {
  /** The appended offset. Events past `offset` are not durable yet. */
  readonly appended: number;
}

/** Reads the answer of `show_head`. */
export function headOf(reply: Reply | undefined): ShownHead {
  const [epoch, offset, tag, base, baseTag, previous, reason, at, appended] = listOf(reply);
  const head = {
    epoch: textOf(epoch),
    offset: numberOf(offset),
    tag: textOf(tag),
    base: numberOf(base),
    baseTag: textOf(baseTag),
    appended: numberOf(appended),
  };
  const known = textOf(previous);
  if (known === '' || textOf(reason) !== 'deleted') return head;
  return { ...head, previous: { epoch: known, reason: 'deleted', at: numberOf(at) } };
}

/** A head without what only this store knows of it. */
export function plainHead({ appended: _, ...head }: ShownHead): ThreadHead {
  return head;
}

/** A stream's entry: its id is the batch's last offset. */
function batchOf(entry: Reply | undefined): EventBatch {
  const [id, fields] = listOf(entry);
  const [, tag, , at, , bytes, , count, , lengths, , payload] = listOf(fields);
  return new EventBatch({
    first: Number.parseInt(textOf(id), 10) - numberOf(count) + 1,
    tag: textOf(tag),
    at: numberOf(at),
    cumulativeBytes: numberOf(bytes),
    ends: endsOf(textOf(lengths)),
    payload: payload instanceof Buffer ? payload : textOf(payload),
  });
}

/** Where each event ends, from how long each is. */
export function endsOf(lengths: string): readonly number[] {
  let end = -1;
  return lengths.split(',').map((length) => {
    end += 1 + Number(length);
    return end;
  });
}

/** Reads one item of the answer of READ. */
export function itemOf(reply: Reply | undefined): EventBatch {
  const parts = listOf(reply);
  if (parts.length === 2) return batchOf(reply);
  const [first, last, tag, event] = parts;
  const range = { first: numberOf(first), last: numberOf(last), event: textOf(event) };
  return new CompactedBatch(range, textOf(tag));
}
