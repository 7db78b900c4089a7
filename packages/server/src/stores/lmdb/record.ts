/**
 * The record format. Every record ends in a CRC-32 over its key and its bytes, so that a record that is
 * damaged, or stored under another key, is never accepted.
 *
 * A batch, little-endian:
 *
 *     0  u32  magic 'SMB2'
 *     4  u32  length of the whole record
 *     8  f64  first offset
 *    16  f64  appended at, milliseconds since 1970
 *    24  f64  cumulative bytes
 *    32  u32  events, n
 *    36  u16  length of the tag, t
 *    38  u32  length of the messages, m
 *    42  u32  length of what was joined, j
 *    46  t    tag, ASCII
 *        m    messages: JSON [[message_id, first, last], …]
 *        j    joined batches, all but the newest: JSON [[last, tag], …]
 *        4n   u32 end of each event in the payload
 *        …    payload
 *        4    u32 CRC-32
 *
 * Formats 1 and 2 wrote 'SMB1', without what was joined and its length.
 */

import { crc32 } from 'node:zlib';
import { elementAt } from '../../util/assert.js';
import { ServerError } from '../../util/errors.js';
import { EventBatch, type TaggedOffset } from '../event-batch.js';

const MAGIC = 0x32424d53;
const HEADER_BYTES = 46;
const MAGIC_1 = 0x31424d53;
const HEADER_BYTES_1 = 42;
const CHECKSUM_BYTES = 4;
const NOTHING = Buffer.alloc(0);

export type MessageRange = readonly [message_id: string, first: number, last: number];

export interface StoredBatch {
  readonly batch: EventBatch;
  readonly messages: readonly MessageRange[];
}

/** A batch with what it takes to write it down. */
export interface MeasuredBatch {
  readonly batch: EventBatch;
  /** Encoded message ids and joined batches. */
  readonly ids: Buffer;
  readonly joined: Buffer;
  /** The record's size. */
  readonly bytes: number;
}

export function measureBatch({ batch, messages }: StoredBatch): MeasuredBatch {
  const ids = jsonOf(messages);
  const joined = jsonOf(batch.joined.map(({ last, tag }) => [last, tag]));
  const ends = batch.count * 4;
  const extras = batch.tag.length + ids.length + joined.length;
  return { batch, ids, joined, bytes: HEADER_BYTES + extras + ends + batch.size + CHECKSUM_BYTES };
}

export function encodeBatch(key: Buffer, stored: StoredBatch): Buffer {
  const measured = measureBatch(stored);
  const record = Buffer.allocUnsafe(measured.bytes);
  writeBatch(record, 0, key, measured);
  return record;
}

/** Writes a batch's record into a larger whole. */
export function writeBatch(target: Buffer, at: number, key: Buffer, measured: MeasuredBatch): void {
  const { batch, ids, joined, bytes } = measured;
  const { tag, ends, count, size } = batch;
  const idsAt = at + HEADER_BYTES + tag.length;
  const endsAt = idsAt + ids.length + joined.length;
  const payloadAt = endsAt + count * 4;

  target.writeUInt32LE(MAGIC, at);
  target.writeUInt32LE(bytes, at + 4);
  target.writeDoubleLE(batch.first, at + 8);
  target.writeDoubleLE(batch.at, at + 16);
  target.writeDoubleLE(batch.cumulativeBytes, at + 24);
  target.writeUInt32LE(count, at + 32);
  target.writeUInt16LE(tag.length, at + 36);
  target.writeUInt32LE(ids.length, at + 38);
  target.writeUInt32LE(joined.length, at + 42);
  target.write(tag, at + HEADER_BYTES, 'latin1');
  if (ids.length > 0) ids.copy(target, idsAt);
  if (joined.length > 0) joined.copy(target, idsAt + ids.length);
  for (let index = 0; index < count; index += 1) {
    target.writeUInt32LE(elementAt(ends, index), endsAt + index * 4);
  }
  batch.writePayload(target, payloadAt);
  sealPart(key, target, at, payloadAt + size);
}

export function decodeBatch(key: Buffer, record: Buffer): StoredBatch {
  const body = unseal(key, record);
  if (body.length < HEADER_BYTES_1) throw damaged(key, 'it is cut short');
  const magic = body.readUInt32LE(0);
  const old = magic === MAGIC_1;
  if ((magic !== MAGIC && !old) || body.readUInt32LE(4) !== record.length) {
    throw damaged(key, 'its header is not that of a batch');
  }
  const tagAt = old ? HEADER_BYTES_1 : HEADER_BYTES;
  const idsAt = tagAt + body.readUInt16LE(36);
  const joinedAt = idsAt + body.readUInt32LE(38);
  const endsAt = joinedAt + (old ? 0 : body.readUInt32LE(42));
  const count = body.readUInt32LE(32);
  const payloadAt = endsAt + count * 4;

  const ends = new Uint32Array(count);
  for (let index = 0; index < count; index += 1) {
    ends[index] = body.readUInt32LE(endsAt + index * 4);
  }
  const batch = new EventBatch({
    first: body.readDoubleLE(8),
    at: body.readDoubleLE(16),
    cumulativeBytes: body.readDoubleLE(24),
    tag: body.toString('latin1', tagAt, idsAt),
    ends,
    payload: body.subarray(payloadAt),
    ...(endsAt > joinedAt && { joined: joinedFrom(body.toString('latin1', joinedAt, endsAt)) }),
  });
  const messages: readonly MessageRange[] =
    joinedAt === idsAt ? [] : JSON.parse(body.toString('utf8', idsAt, joinedAt));
  return { batch, messages };
}

const jsonOf = (list: readonly unknown[]): Buffer =>
  list.length === 0 ? NOTHING : Buffer.from(JSON.stringify(list), 'utf8');

const joinedFrom = (text: string): readonly TaggedOffset[] =>
  (JSON.parse(text) as readonly (readonly [number, string])[]).map(([last, tag]) => ({
    last,
    tag,
  }));

/** The value of an index entry; the key holds the information. */
export const MARK = Buffer.of(1);

/** A JSON value with its checksum. */
export function encodeJson(key: Buffer, value: unknown): Buffer {
  const text = JSON.stringify(value);
  const bytes = Buffer.byteLength(text, 'utf8');
  const record = Buffer.allocUnsafe(bytes + CHECKSUM_BYTES);
  record.write(text, 0, 'utf8');
  return seal(key, record);
}

/** The caller vouches for the type: only {@link encodeJson} writes what passes the checksum. */
export function decodeJson<T>(key: Buffer, record: Buffer): T {
  return JSON.parse(unseal(key, record).toString('utf8'));
}

/** Writes the checksum into a record's last four bytes. */
function seal(key: Buffer, record: Buffer): Buffer {
  sealPart(key, record, 0, record.length - CHECKSUM_BYTES);
  return record;
}

function sealPart(key: Buffer, target: Buffer, start: number, end: number): void {
  target.writeUInt32LE(crc32(target.subarray(start, end), crc32(key)), end);
}

/** The record without its checksum. */
function unseal(key: Buffer, record: Buffer): Buffer {
  const end = record.length - CHECKSUM_BYTES;
  if (end < 0) throw damaged(key, 'it is cut short');
  const body = record.subarray(0, end);
  if (record.readUInt32LE(end) !== crc32(body, crc32(key))) {
    throw damaged(key, 'its checksum is wrong');
  }
  return body;
}

export const damaged = (key: Buffer, why: string): ServerError =>
  new ServerError(
    'ERR_STORE_CORRUPT',
    `The record ${JSON.stringify(key.toString('latin1'))} is damaged: ${why}. ` +
      'Stop the server and restore the data directory from a back-up.',
  );
