/**
 * Keys sort as bytes. A log's key begins with its epoch, not its thread. Erasing a thread is therefore one
 * write (a new epoch), and the records of the old epoch are removed in small steps afterwards.
 */

/** Offsets are at most 2^53; eight bytes keep the arithmetic plain. */
const OFFSET_BYTES = 8;
const SEPARATOR = 0x00;

export const nameKey = (name: string): Buffer => Buffer.from(name, 'utf8');

export function logKey(epoch: string, offset: number): Buffer {
  const name = epoch.length + 1;
  const key = Buffer.allocUnsafe(name + OFFSET_BYTES);
  key.write(epoch, 0, 'latin1');
  key[name - 1] = SEPARATOR;
  return writeNumber(key, offset, name);
}

/** Eight bytes, the most significant first, without the detour of a BigInt. */
function writeNumber(key: Buffer, value: number, at: number): Buffer {
  key.writeUInt32BE(Math.floor(value / 2 ** 32), at);
  key.writeUInt32BE(value % 2 ** 32, at + 4);
  return key;
}

/** The epoch that a key of {@link logKey} names. */
export const epochOfLogKey = (key: Buffer): string =>
  key.toString('latin1', 0, key.length - OFFSET_BYTES - 1);

/** The key of a commit's part of the journal. Parts are numbered in sequence. */
export const journalKey = (sequence: number): Buffer =>
  writeNumber(Buffer.allocUnsafe(OFFSET_BYTES), sequence, 0);

/** The number that a key of {@link journalKey} stands for. */
export const sequenceOfJournalKey = (key: Buffer): number => Number(key.readBigUInt64BE());

/** The offset that a key of {@link logKey} names. */
export const offsetOfLogKey = (key: Buffer): number =>
  Number(key.readBigUInt64BE(key.length - OFFSET_BYTES));

export const messageKey = (epoch: string, message_id: string): Buffer =>
  Buffer.from(`${epoch}\0${message_id}`, 'utf8');

/** All keys of an epoch are at or after `start` and before `end`. */
export const epochRange = (epoch: string): { start: Buffer; end: Buffer } => ({
  start: Buffer.from(`${epoch}\0`, 'latin1'),
  end: Buffer.from(`${epoch}\x01`, 'latin1'),
});

export function dueKey(due_at: number, session_id: string): Buffer {
  const key = Buffer.alloc(8 + session_id.length);
  key.writeBigUInt64BE(BigInt(Math.max(0, Math.floor(due_at))));
  key.write(session_id, 8, 'latin1');
  return key;
}

/** The session id that a key of {@link dueKey} names. */
export const sessionOfDueKey = (key: Buffer): string => key.toString('latin1', 8);

/** A session among those of its thread. No thread id holds the separator. */
export const followingKey = (thread_id: string, session_id: string): Buffer =>
  Buffer.from(`${thread_id}\0${session_id}`, 'utf8');

/** The session id that a key of {@link followingKey} names. */
export const sessionOfFollowingKey = (key: Buffer): string =>
  key.toString('utf8', key.indexOf(SEPARATOR) + 1);

/** All of a thread's keys, after that of the session `after`. */
export const followingRange = (thread_id: string, after: string) => ({
  start: followingKey(thread_id, `${after}\0`),
  end: Buffer.from(`${thread_id}\x01`, 'utf8'),
});
