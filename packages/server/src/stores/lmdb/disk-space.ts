/**
 * Arithmetic of room, pure. LMDB must never meet a full disk itself: `lmdb-js` writes its message about a failed write
 * past the end of a buffer (liblmdb's mdb.c, `last_error`), and may abort the process later. So the store knows before
 * a commit whether its pages have a place (`disk-room.ts`). All sizes are bytes.
 */

const MIB = 1024 * 1024;

/** What the trees of a commit touch in any case, beside the pages of its records: some hundred pages. */
const MARGIN_BYTES = MIB;
/** A record and its entry in an index: so many leaves may be copied for one operation. */
const PAGES_PER_OPERATION = 2;
/** LMDB gives larger values pages of their own: half a page, less the headers. */
const INLINE_SHARE = 0.45;
const PAGE_HEADER_BYTES = 16;

/** A smaller reserve would have no room for one commit, and the margin of the next. */
export const MIN_RESERVE_BYTES = 4 * MIB;
const DEFAULT_RESERVE_BYTES = 64 * MIB;
const DEFAULT_RESERVE_SHARE = 0.05;
const MIN_TAIL_BYTES = 4 * MIB;
const MAX_TAIL_BYTES = 8 * MIB;

/** What `statfs` says of a file system; sizes in blocks of `bsize` bytes. */
export interface Space {
  readonly bsize: number;
  /** All blocks; 0 where a file system does not tell. */
  readonly blocks: number;
  /** Blocks that are left. */
  readonly bavail: number;
  /** Which file system it is. */
  readonly type?: number;
}

/** A write of a commit. */
export interface Write {
  readonly key: Buffer;
  /** Null removes the key. */
  readonly value: Buffer | null;
}

/** What LMDB's statistics say of its file. */
export interface FileUse {
  readonly pageBytes: number;
  /** Where the last page ends. Blocks behind it are not used yet. */
  readonly end: number;
  /** Pages that LMDB uses again. */
  readonly free: number;
  /** The pages of the trees, without those of large values. */
  readonly trees: number;
}

/** Room for the store. */
export interface Room {
  /** What the file can grow by. */
  readonly growth: number;
  /** Pages of the file that LMDB uses again. */
  readonly free: number;
}

/** The room for an environment that may run full. */
export interface StoreRoom {
  /** What is kept for writes that do not grow the store. */
  readonly reserve: number;
  look(): Room;
  /** @throws NoRoomError if a commit of these has no place */
  makeFor(writes: readonly Write[]): void;
  /** Counts a write that was admitted, until the next look sees it. */
  spend(bytes: number): void;
}

/** What a commit takes, at most. */
export interface Need {
  /** Values with pages of their own, in a row. There may be no such row among the free pages. */
  readonly rows: number;
  /** Single pages. */
  readonly pages: number;
}

/** A commit does not fit. Nothing of it was written: it can be tried again. */
export class NoRoomError extends Error {
  readonly code = 'ENOSPC';

  constructor({ rows, pages }: Need, { growth, free }: Room) {
    super(
      `ENOSPC: no space left on device: a commit takes up to ${rows + pages} bytes, ` +
        `the disk has ${growth}, and ${free} are free in the file`,
    );
  }
}

/** What is kept free for resumes, erasures and the ends of replies: 64 MiB, or 5 % of a smaller disk. */
export function defaultReserve({ bsize, blocks }: Space): number {
  if (blocks === 0) return DEFAULT_RESERVE_BYTES;
  const share = Math.floor(blocks * bsize * DEFAULT_RESERVE_SHARE);
  return Math.min(DEFAULT_RESERVE_BYTES, Math.max(MIN_RESERVE_BYTES, share));
}

/** How many blocks the store takes ahead of its needs, once the disk has little left. */
export const tailOf = (reserve: number): number =>
  Math.min(MAX_TAIL_BYTES, Math.max(MIN_TAIL_BYTES, reserve / 2));

export const bytesLeft = ({ bsize, blocks, bavail }: Space): number =>
  blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;

/** File systems that write a block elsewhere each time: there, blocks that a file has are no room. */
const COPY_ON_WRITE: ReadonlySet<number> = new Set([
  0x9123683e, // btrfs
  0x2fc12fc1, // ZFS
  0xca451a4e, // bcachefs
]);

export const keepsItsBlocks = ({ type }: Space): boolean =>
  type === undefined || !COPY_ON_WRITE.has(type);

export function needOf(
  writes: readonly Write[],
  { pageBytes, trees }: Pick<FileUse, 'pageBytes' | 'trees'>,
): Need {
  let rows = 0;
  let inline = 0;
  for (const { key, value } of writes) {
    const size = value?.length ?? 0;
    inline += key.length;
    if (size <= pageBytes * INLINE_SHARE) inline += size;
    else rows += Math.ceil((size + PAGE_HEADER_BYTES) / pageBytes) * pageBytes;
  }
  // No commit copies more pages than there are.
  const copied = Math.min(writes.length * PAGES_PER_OPERATION * pageBytes, trees);
  return { rows, pages: inline + copied + MARGIN_BYTES };
}

/** Whether a commit fits. The newest of the free pages may wait for a reader: half of them count. */
export const fits = ({ rows, pages }: Need, { growth, free }: Room): boolean =>
  rows + Math.max(0, pages - free / 2) <= growth;

/** What a commit of a few records takes. */
const SMALL_COMMIT: Need = { rows: 0, pages: MARGIN_BYTES + 64 * 1024 };

/** Whether there is room for a commit that does not grow the store. */
export const admitsCommit = (room: Room): boolean => fits(SMALL_COMMIT, room);

/** What writes that grow the store are for. */
export type Growth =
  /** An event, a message, a thread: what clients can do without for now. */
  | 'event'
  /** A new session, and a part of a reply that is being produced. */
  | 'session'
  | 'reply';

interface Rule {
  /** The share of the reserve that must be left. */
  readonly share: number;
  /** What the file must be able to grow by, however many pages are free: large values need pages in a row. */
  readonly growth: number;
}

const RULES: Readonly<Record<Growth, Rule>> = {
  // Less than `tailOf`: free pages are room even if the disk itself has none.
  event: { share: 1, growth: 2 * MIB },
  // The first half of the reserve is for clients that follow, and for replies that have begun.
  session: { share: 1 / 2, growth: 1.5 * MIB },
  reply: { share: 1 / 2, growth: 1.5 * MIB },
};

/** Whether there is room for a write of this kind and size. */
export function admits(growth: Growth, bytes: number, room: Room, reserve: number): boolean {
  const rule = RULES[growth];
  const left = room.growth + room.free - bytes;
  return left >= rule.share * reserve && room.growth - bytes >= rule.growth;
}
