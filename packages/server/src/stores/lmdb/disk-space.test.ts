import { describe, expect, test } from 'vitest';
import {
  admits,
  bytesLeft,
  defaultReserve,
  fits,
  keepsItsBlocks,
  NoRoomError,
  needOf,
  tailOf,
  type Write,
} from './disk-space.js';

const MIB = 1024 * 1024;
const PAGE = 4_096;

const write = (bytes: number): Write => ({
  key: Buffer.alloc(8),
  value: Buffer.alloc(bytes),
});

test('the reserve is 64 MiB, 5 % of a smaller disk, and never too small for a commit', () => {
  const reserveOf = (mib: number) => defaultReserve({ bsize: MIB, blocks: mib, bavail: 0 }) / MIB;
  expect([10_000, 1_000, 24].map(reserveOf)).toEqual([64, 50, 4]);
  expect(defaultReserve({ bsize: PAGE, blocks: 0, bavail: 0 })).toBe(64 * MIB);
  expect([4, 12, 64].map((mib) => tailOf(mib * MIB) / MIB)).toEqual([4, 6, 8]);
});

test('a file system that does not report its size is trusted', () => {
  expect(bytesLeft({ bsize: PAGE, blocks: 0, bavail: 0 })).toBe(Number.POSITIVE_INFINITY);
  expect(bytesLeft({ bsize: PAGE, blocks: 10, bavail: 3 })).toBe(3 * PAGE);
});

test('blocks that a file has are room, except where each write takes others', () => {
  const ext4 = 0xef53;
  const btrfs = 0x9123683e;
  const typed = (type: number) => ({ bsize: PAGE, blocks: 1, bavail: 1, type });
  expect([ext4, btrfs].map((type) => keepsItsBlocks(typed(type)))).toEqual([true, false]);
});

describe('a commit', () => {
  const trees = 100 * PAGE;

  test('needs rows of pages for large values, and single pages for the rest and for what it touches', () => {
    const need = needOf([write(10_000), write(100), { ...write(0), value: null }], {
      pageBytes: PAGE,
      trees,
    });
    expect(need).toEqual({ rows: 3 * PAGE, pages: 3 * 8 + 100 + 6 * PAGE + MIB });
  });

  test('touches no more pages than there are', () => {
    const many = Array.from({ length: 1_000 }, () => write(0));
    expect(needOf(many, { pageBytes: PAGE, trees }).pages).toBe(1_000 * 8 + trees + MIB);
  });

  test('fits into what the file can grow by, and its single pages into half of the free ones', () => {
    const need = { rows: 10, pages: 100 };
    expect(fits(need, { growth: 110, free: 0 })).toBe(true);
    expect(fits(need, { growth: 109, free: 1 })).toBe(false);
    expect(fits(need, { growth: 10, free: 200 })).toBe(true);
    expect(fits(need, { growth: 9, free: 1_000_000 })).toBe(false);
  });

  test('without room is named', () => {
    const error = new NoRoomError({ rows: 10, pages: 100 }, { growth: 9, free: 1 });
    expect(error).toMatchObject({ code: 'ENOSPC', message: expect.stringContaining('110 bytes') });
  });
});

describe('a write that grows the store', () => {
  const reserve = 64 * MIB;
  const admitted = (growth: number, free: number, bytes = 0) =>
    (['event', 'session', 'reply'] as const).filter((kind) =>
      admits(kind, bytes, { growth: growth * MIB, free: free * MIB }, reserve),
    );

  test('is admitted while the reserve is there; sessions and replies until half of it is used', () => {
    expect(admitted(64, 0)).toEqual(['event', 'session', 'reply']);
    expect(admitted(64, 0, 1)).toEqual(['session', 'reply']);
    expect(admitted(32, 0)).toEqual(['session', 'reply']);
    expect(admitted(31, 0)).toEqual([]);
  });

  test('may use free pages, as long as large values find pages in a row', () => {
    expect(admitted(2, 62)).toEqual(['event', 'session', 'reply']);
    expect(admitted(1.5, 62)).toEqual(['session', 'reply']);
    expect(admitted(1, 600)).toEqual([]);
  });
});
