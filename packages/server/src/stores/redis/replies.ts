/** Decodes the replies of Redis. They come from the store's own scripts, so their shape is known. */

import { elementAt } from '../../util/assert.js';
import { CompactedBatch } from '../compacted-batch.js';
import { EventBatch } from '../event-batch.js';
import type { ThreadHead } from '../store.js';
import type { Reply } from './connection.js';

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

/** A reply of names and values in turn. */
export type Fields = ReadonlyMap<string, Reply>;

export function fieldsOf(reply: Reply | undefined): Fields {
  const list = listOf(reply);
  const fields = new Map<string, Reply>();
  for (let at = 0; at + 1 < list.length; at += 2)
    fields.set(textOf(list[at]), elementAt(list, at + 1));
  return fields;
}

/** Reads the answer of `show_head`. */
export function headOf(reply: Reply | undefined): ShownHead {
  const fields = fieldsOf(reply);
  const text = (name: string) => textOf(fields.get(name));
  const number = (name: string) => numberOf(fields.get(name));
  const head = {
    epoch: text('epoch'),
    offset: number('offset'),
    tag: text('tag'),
    base: number('base'),
    baseTag: text('base_tag'),
    appended: number('appended'),
  };
  if (text('reason') !== 'deleted') return head;
  return {
    ...head,
    previous: { epoch: text('previous'), reason: 'deleted', at: number('ended_at') },
  };
}

/** A head without what only this store knows of it. */
export function plainHead({ appended: _, ...head }: ShownHead): ThreadHead {
  return head;
}

/** A stream's entry: its id is the batch's last offset. Its fields are in `log-head.ts`. */
function batchOf(entry: Reply | undefined): EventBatch {
  const [id, reply] = listOf(entry);
  const fields = fieldsOf(reply);
  const payload = fields.get('p');
  return new EventBatch({
    first: Number.parseInt(textOf(id), 10) - numberOf(fields.get('n')) + 1,
    tag: textOf(fields.get('t')),
    at: numberOf(fields.get('a')),
    cumulativeBytes: numberOf(fields.get('y')),
    ends: endsOf(textOf(fields.get('l'))),
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

/** Reads one item of the answer of `read`: a batch, or a compacted range. */
export function itemOf(reply: Reply | undefined): EventBatch {
  const parts = listOf(reply);
  if (parts.length === 2) return batchOf(reply);
  const [first, last, tag, event] = parts;
  const range = { first: numberOf(first), last: numberOf(last), event: textOf(event) };
  return new CompactedBatch(range, textOf(tag));
}
