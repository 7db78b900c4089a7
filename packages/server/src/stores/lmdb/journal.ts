/**
 * The journal: one value for all appends of a commit, at the right edge of one table, whatever the number of
 * threads. Each batch has the form of a record in `logs`, with its own checksum, and moves there later; see
 * `settling.ts`.
 *
 *     u32 magic 'SMJ1' · u32 length of the header · header: JSON [[thread_id, key, bytes], …] · u32 CRC-32
 *     the records, one behind the other
 */

import { crc32 } from 'node:zlib';
import { elementAt } from '../../util/assert.js';
import { damaged, decodeBatch, measureBatch, type StoredBatch, writeBatch } from './record.js';

const MAGIC = 0x314a4d53;
const PREFIX_BYTES = 8;
const CHECKSUM_BYTES = 4;

/** One batch of one thread. */
export interface JournalEntry extends StoredBatch {
  readonly thread_id: string;
  /** Its key in `logs`. */
  readonly key: Buffer;
}

/** A key as it stands in the header: bytes as characters. */
type HeaderRow = readonly [thread_id: string, key: string, bytes: number];

/** One allocation, whatever the number of threads. */
export function encodeJournal(key: Buffer, entries: readonly JournalEntry[]): Buffer {
  const measured = entries.map(measureBatch);
  const rows = entries.map(
    (entry, index): HeaderRow => [
      entry.thread_id,
      entry.key.toString('latin1'),
      elementAt(measured, index).bytes,
    ],
  );
  const header = Buffer.from(JSON.stringify(rows), 'utf8');
  const recordsAt = PREFIX_BYTES + header.length + CHECKSUM_BYTES;
  const value = Buffer.allocUnsafe(measured.reduce((sum, { bytes }) => sum + bytes, recordsAt));
  value.writeUInt32LE(MAGIC, 0);
  value.writeUInt32LE(header.length, 4);
  header.copy(value, PREFIX_BYTES);
  value.writeUInt32LE(crc32(header, crc32(key)), PREFIX_BYTES + header.length);
  let at = recordsAt;
  for (const [index, batch] of measured.entries()) {
    const logKey = entries[index]?.key;
    if (logKey) writeBatch(value, at, logKey, batch);
    at += batch.bytes;
  }
  return value;
}

export function* decodeJournal(key: Buffer, value: Buffer): Generator<JournalEntry> {
  const rows = headerOf(key, value);
  let at = PREFIX_BYTES + value.readUInt32LE(4) + CHECKSUM_BYTES;
  for (const [thread_id, name, bytes] of rows) {
    const logKey = Buffer.from(name, 'latin1');
    const record = value.subarray(at, at + bytes);
    yield { thread_id, key: logKey, ...decodeBatch(logKey, record) };
    at += bytes;
  }
}

function headerOf(key: Buffer, value: Buffer): readonly HeaderRow[] {
  const end = value.length < PREFIX_BYTES ? 0 : PREFIX_BYTES + value.readUInt32LE(4);
  if (end === 0 || end + CHECKSUM_BYTES > value.length) throw damaged(key, 'it is cut short');
  const header = value.subarray(PREFIX_BYTES, end);
  const sound =
    value.readUInt32LE(0) === MAGIC && value.readUInt32LE(end) === crc32(header, crc32(key));
  if (!sound) throw damaged(key, 'the checksum of its header is wrong');
  return JSON.parse(header.toString('utf8'));
}
