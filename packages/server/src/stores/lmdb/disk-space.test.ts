import { expect, test } from 'vitest';
import { requireRoom, requireRoomFor } from './disk-space.js';

const MIB = 1024 * 1024;
const space = (bytes: number) => ({ bsize: 1, blocks: 100 * MIB, bavail: bytes });

test('a commit needs room for what it writes, and a margin for the pages that it touches', () => {
  expect(() => requireRoom(space(MIB + 500), 500)).not.toThrow();
  expect(() => requireRoom(space(MIB + 499), 500)).toThrow(/ENOSPC.* commit of 500/);
  expect(() => requireRoom({ bsize: 4_096, blocks: 1_000, bavail: 0 }, 0)).toThrow(/ENOSPC/);
});

test('a file system that does not report its size is trusted', () => {
  expect(() => requireRoom({ bsize: 4_096, blocks: 0, bavail: 0 }, 10 * MIB)).not.toThrow();
});

test('a real disk is asked, and keys and values count', () => {
  const value = Buffer.alloc(8);
  const operation = { table: 'meta', key: Buffer.alloc(8), value } as const;
  expect(() => requireRoomFor('/', [operation, { ...operation, value: null }])).not.toThrow();
  Object.defineProperty(value, 'length', { value: Number.MAX_SAFE_INTEGER });
  expect(() => requireRoomFor('/', [operation])).toThrow(/ENOSPC/);
});
