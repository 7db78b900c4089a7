/**
 * Consecutive events of a log, encoded once in their life as `["name",data]` and kept as one run of text.
 * Stores persist it as it is; frames are cut out of it without parsing it. A batch holds what one commit
 * appended, or several such batches that the store joined later. A joined batch still knows the tag of each.
 */

import { elementAt } from '../util/assert.js';

export interface EventBatchFields {
  /** The first event's offset. */
  readonly first: number;
  /** 64 random bits that no other batch has: tells this batch from another at the same offsets (I2). */
  readonly tag: string;
  /** When it was appended, in milliseconds since 1970. Retention by age uses it. */
  readonly at: number;
  /** Encoded bytes of the thread from its first event ever to this batch's last; for retention. */
  readonly cumulativeBytes: number;
  /** The encoded events, joined by commas, as UTF-8 or as text. */
  readonly payload: Buffer | string;
  /** Where each event ends in the payload's UTF-8. */
  readonly ends: Ends;
  /** In a joined batch: the last offset and the tag of each batch but the newest, in order. */
  readonly joined?: readonly TaggedOffset[];
}

/** A plain list where there are few: a typed array costs more than what it saves. */
export type Ends = Uint32Array | readonly number[];

const FEW_EVENTS = 32;

export interface TaggedOffset {
  readonly last: number;
  readonly tag: string;
}

/** Consecutive batches of events, from the one that holds `from`; none is wanted that begins after `to`. */
export interface EventsWanted {
  readonly from: number;
  readonly to: number;
  readonly maxBytes: number;
}

/** The events of one append, encoded; the unit in which logs are stored and read. */
export class EventBatch {
  readonly first: number;
  /** The tag of the newest event. */
  readonly tag: string;
  readonly at: number;
  readonly cumulativeBytes: number;
  readonly ends: Ends;
  readonly joined: readonly TaggedOffset[];
  /** The payload as it was given. */
  readonly source: Buffer | string;

  constructor(fields: EventBatchFields) {
    this.first = fields.first;
    this.tag = fields.tag;
    this.at = fields.at;
    this.cumulativeBytes = fields.cumulativeBytes;
    this.ends = fields.ends;
    this.joined = fields.joined ?? NONE;
    this.source = fields.payload;
  }

  /** Puts events together that were encoded one by one. */
  static of(
    events: readonly string[],
    fields: Pick<EventBatchFields, 'first' | 'tag' | 'at'> & { readonly precedingBytes: number },
  ): EventBatch {
    const count = events.length;
    const payload = count === 1 ? (events[0] ?? '') : events.join(',');
    const size = Buffer.byteLength(payload);
    const ends = count > FEW_EVENTS ? new Uint32Array(count) : new Array<number>(count);
    const ascii = size === payload.length;
    let end = -1;
    for (let index = 0; index < count; index += 1) {
      const event = events[index] ?? '';
      end += 1 + (ascii ? event.length : Buffer.byteLength(event));
      ends[index] = end;
    }
    const { first, tag, at, precedingBytes } = fields;
    return new EventBatch({
      first,
      tag,
      at,
      cumulativeBytes: precedingBytes + size,
      payload,
      ends,
    });
  }

  /** One batch for several that follow each other. */
  static join(batches: readonly [EventBatch, ...EventBatch[]]): EventBatch {
    const [oldest] = batches;
    const newest = batches.at(-1) ?? oldest;
    if (newest === oldest) return oldest;
    const ends = new Uint32Array(newest.last - oldest.first + 1);
    const joined: TaggedOffset[] = [];
    let start = 0;
    for (const batch of batches) {
      const { count } = batch;
      for (let index = 0; index < count; index += 1) {
        ends[batch.first - oldest.first + index] = start + elementAt(batch.ends, index);
      }
      start += batch.size + 1;
      joined.push(...batch.joined);
      if (batch !== newest) joined.push({ last: batch.last, tag: batch.tag });
    }
    const payload = batches.map((batch) => batch.text()).join(',');
    const { tag, at, cumulativeBytes } = newest;
    return new EventBatch({ first: oldest.first, tag, at, cumulativeBytes, payload, ends, joined });
  }

  get count(): number {
    return this.ends.length;
  }

  /** The last event's offset. */
  get last(): number {
    return this.first + this.ends.length - 1;
  }

  /** Bytes of the payload. */
  get size(): number {
    return elementAt(this.ends, this.ends.length - 1);
  }

  /** The encoded events, joined by commas. */
  get payload(): Buffer {
    if (typeof this.source !== 'string') return this.source;
    const encoded = payloads.get(this) ?? Buffer.from(this.source, 'utf8');
    payloads.set(this, encoded);
    return encoded;
  }

  /** Writes the payload into a record. */
  writePayload(target: Buffer, at: number): void {
    if (typeof this.source === 'string') target.write(this.source, at, 'utf8');
    else this.source.copy(target, at);
  }

  /** The tag of the batch that an offset was appended with. */
  tagAt(offset: number): string {
    // mutant: joined-batches-forget-their-tags
    for (const { last, tag } of this.joined) if (offset <= last) return tag;
    return this.tag;
  }

  /** The events from one offset to another as a batch of their own, as if nothing had been appended with them since. */
  part(from: number, to: number): EventBatch {
    const start = this.start(from);
    const ends = this.ends.slice(from - this.first, to - this.first + 1);
    return new EventBatch({
      first: from,
      tag: this.tagAt(to),
      at: this.at,
      cumulativeBytes: this.cumulativeBytes - (this.size - this.end(to)),
      payload: this.text(from, to),
      ends: ends.map((end: number) => end - start),
      joined: this.joined.filter(({ last }) => from <= last && last < to),
    });
  }

  /** Where the event at `offset` begins in the payload. */
  start(offset: number): number {
    return offset <= this.first ? 0 : this.end(offset - 1) + 1;
  }

  /** Where the event at `offset` ends in the payload. */
  end(offset: number): number {
    return this.ends[offset - this.first] ?? this.size;
  }

  /** The events from one offset to another, joined by commas; all of them if left out. */
  text(from = this.first, to = this.last): string {
    const { source } = this;
    if (typeof source === 'string') {
      if (from <= this.first && to >= this.last) return source;
      // In ASCII a place in the bytes is one in the text.
      if (source.length === this.size) return source.slice(this.start(from), this.end(to));
    }
    return this.payload.toString('utf8', this.start(from), this.end(to));
  }
}

const NONE: readonly TaggedOffset[] = [];

/** Text that had to be cut within characters of several bytes, for as long as its batch is in use. */
const payloads = new WeakMap<EventBatch, Buffer>();
