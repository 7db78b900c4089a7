/**
 * LMDB's lists of free pages, in the bytes of its file (format 1 of liblmdb's mdb.c, 64-bit, little
 * endian). A meta page names the root of a tree. Each leaf holds a list: a count and page numbers.
 */

const PAGE_BYTES = 4_096;
const PAGE_HEADER = 24;
const NODE_HEADER = 8;
/** Within a meta page: the root of the tree of free pages, and the transaction that wrote it. */
const META_ROOT = PAGE_HEADER + 24 + 40;
const META_TRANSACTION = PAGE_HEADER + 128;
/** The root of the tree of tables. */
const META_TABLES = META_ROOT + 48;

/** A list of free pages. */
export interface FreeList {
  /** @param index 0 is the count, then come page numbers; a negative one is the length of a run */
  read(index: number): bigint;
  write(index: number, value: bigint): void;
}

function newestMeta(bytes: Buffer): number {
  const transactionOf = (meta: number) => bytes.readBigUInt64LE(meta + META_TRANSACTION);
  return transactionOf(0) > transactionOf(PAGE_BYTES) ? 0 : PAGE_BYTES;
}

/** A page that is in use: the root of the tree of tables. */
export const pageInUse = (bytes: Buffer): bigint =>
  bytes.readBigInt64LE(newestMeta(bytes) + META_TABLES);

/** The lists of the newest transaction, as far as they fit into one page. */
export function freeLists(bytes: Buffer): readonly FreeList[] {
  const leaf = Number(bytes.readBigUInt64LE(newestMeta(bytes) + META_ROOT)) * PAGE_BYTES;
  const nodes = bytes.readUInt16LE(leaf + 20) / 2;
  return Array.from({ length: nodes }, (_, index) => {
    const node = leaf + PAGE_HEADER + bytes.readUInt16LE(leaf + PAGE_HEADER + 2 * index);
    const start = node + NODE_HEADER + bytes.readUInt16LE(node + 6);
    return {
      read: (item) => bytes.readBigInt64LE(start + 8 * item),
      write: (item, value) => {
        bytes.writeBigInt64LE(value, start + 8 * item);
      },
    };
  });
}
