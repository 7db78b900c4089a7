/**
 * What stands in the file. Every record ends in a CRC-32 over its key and its bytes, so that a record
 * that was damaged, or found under another's key, is never taken for good.
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
import { ServerError } from '../../errors.js';
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

export function encodeBatch(key: Buffer, { batch, messages }: StoredBatch): Buffer {
  const { tag, ends, size } = batch;
  const ids = jsonOf(messages);
  const joined = jsonOf(batch.joined.map(({ last, tag: own }) => [last, own]));
  const endsAt = HEADER_BYTES + tag.length + ids.length + joined.length;
  const payloadAt = endsAt + ends.length * 4;
  const record = Buffer.allocUnsafe(payloadAt + size + CHECKSUM_BYTES);

  record.writeUInt32LE(MAGIC, 0);
  record.writeUInt32LE(record.length, 4);
  record.writeDoubleLE(batch.first, 8);
  record.writeDoubleLE(batch.at, 16);
  record.writeDoubleLE(batch.cumulativeBytes, 24);
  record.writeUInt32LE(ends.length, 32);
  record.writeUInt16LE(tag.length, 36);
  record.writeUInt32LE(ids.length, 38);
  record.writeUInt32LE(joined.length, 42);
  record.write(tag, HEADER_BYTES, 'latin1');
  ids.copy(record, HEADER_BYTES + tag.length);
  joined.copy(record, HEADER_BYTES + tag.length + ids.length);
  for (let index = 0; index < ends.length; index += 1) {
    record.writeUInt32LE(ends[index] ?? 0, endsAt + index * 4);
  }
  batch.writePayload(record, payloadAt);
  return seal(key, record);
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

/** A JSON value with its checksum. */
export function encodeJson(key: Buffer, value: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(value), 'utf8');
  return seal(key, Buffer.concat([text, Buffer.allocUnsafe(CHECKSUM_BYTES)]));
}

/** The caller vouches for the type: only {@link encodeJson} writes what passes the checksum. */
export function decodeJson<T>(key: Buffer, record: Buffer): T {
  return JSON.parse(unseal(key, record).toString('utf8'));
}

/** Writes the checksum into a record's last four bytes. */
export function seal(key: Buffer, record: Buffer): Buffer {
  const end = record.length - CHECKSUM_BYTES;
  record.writeUInt32LE(crc32(record.subarray(0, end), crc32(key)), end);
  return record;
}

/** The record without its checksum. */
export function unseal(key: Buffer, record: Buffer): Buffer {
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
