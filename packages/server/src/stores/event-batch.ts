/**
 * What one append wrote: consecutive events, encoded once in their life as `["name",data]` and kept
 * as one run of bytes. Stores persist it as it is; frames are cut out of it without looking inside.
 */

export interface EventBatchFields {
  /** The first event's offset. */
  readonly first: number;
  /** 64 random bits that no other batch has: tells this batch from another at the same offsets (I2). */
  readonly tag: string;
  /** When it was appended, milliseconds since 1970; what retention by age goes by. */
  readonly at: number;
  /** Encoded bytes of the thread from its first event ever to this batch's last; for retention. */
  readonly cumulativeBytes: number;
  /** The encoded events, joined by commas. */
  readonly payload: Buffer;
  /** Where each event ends in `payload`. */
  readonly ends: Uint32Array;
}

const COMMA = ','.charCodeAt(0);

export class EventBatch implements EventBatchFields {
  readonly first: number;
  readonly tag: string;
  readonly at: number;
  readonly cumulativeBytes: number;
  readonly payload: Buffer;
  readonly ends: Uint32Array;

  constructor(fields: EventBatchFields) {
    this.first = fields.first;
    this.tag = fields.tag;
    this.at = fields.at;
    this.cumulativeBytes = fields.cumulativeBytes;
    this.payload = fields.payload;
    this.ends = fields.ends;
  }

  /** Joins events that were encoded one by one. */
  static of(
    events: readonly Buffer[],
    fields: Omit<EventBatchFields, 'payload' | 'ends' | 'cumulativeBytes'> & {
      readonly precedingBytes: number;
    },
  ): EventBatch {
    const ends = new Uint32Array(events.length);
    const size = events.reduce((sum, event) => sum + event.length + 1, -1);
    const payload = Buffer.allocUnsafe(Math.max(0, size));
    let end = 0;
    events.forEach((event, index) => {
      if (index > 0) payload[end++] = COMMA;
      end += event.copy(payload, end);
      ends[index] = end;
    });
    const cumulativeBytes = fields.precedingBytes + payload.length;
    return new EventBatch({ ...fields, cumulativeBytes, payload, ends });
  }

  get count(): number {
    return this.ends.length;
  }

  /** The last event's offset. */
  get last(): number {
    return this.first + this.ends.length - 1;
  }

  /** Where the event at `offset` begins in the payload. */
  start(offset: number): number {
    return offset <= this.first ? 0 : this.end(offset - 1) + 1;
  }

  /** Where the event at `offset` ends in the payload. */
  end(offset: number): number {
    return this.ends[offset - this.first] ?? this.payload.length;
  }
}
