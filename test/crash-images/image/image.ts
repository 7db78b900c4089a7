/** Copies of a data directory, and damage to them. */

import {
  closeSync,
  copyFileSync,
  cpSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../simulation/time/random.js';

export const DAMAGES = ['pristine', 'truncated', 'flipped'] as const;
export type Damage = (typeof DAMAGES)[number];

const PAGE_BYTES = 4_096;

/** LMDB's file grows with its contents here. The copy keeps its holes. */
export function copyDirectory(from: string, to: string): void {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(from)) copyFileSync(join(from, name), join(to, name));
}

export const copyImage = (from: string, to: string): void => cpSync(from, to, { recursive: true });

/** Damages an image's database. Returns a description of the damage. */
export function damage(folder: string, how: Damage, random: Random): string {
  if (how === 'pristine') return 'nothing';
  const file = openSync(join(folder, 'data.mdb'), 'r+');
  try {
    const { size } = fstatSync(file);
    return how === 'truncated' ? truncate(file, size, random) : flip(file, size, random);
  } finally {
    closeSync(file);
  }
}

/** Cuts the file anywhere, at the end of a page, or by only the last bytes. */
function truncate(file: number, size: number, random: Random): string {
  const pages = Math.floor(size / PAGE_BYTES);
  const length = random.pick([
    () => random.int(0, size - 1),
    () => random.int(0, pages - 1) * PAGE_BYTES,
    () => Math.max(0, size - random.int(1, 8 * PAGE_BYTES)),
  ])();
  ftruncateSync(file, length);
  return `cut from ${size} to ${length} bytes`;
}

/** Flips one to four bits, anywhere, or in LMDB's meta pages and page headers. */
function flip(file: number, size: number, random: Random): string {
  const done: string[] = [];
  for (let bits = random.int(1, 4); bits > 0; bits -= 1) {
    const at = placeOf(size, random);
    const bit = random.int(0, 7);
    const byte = Buffer.alloc(1);
    readSync(file, byte, 0, 1, at);
    byte[0] = (byte[0] ?? 0) ^ (1 << bit);
    writeSync(file, byte, 0, 1, at);
    done.push(`${at}.${bit}`);
  }
  return `flipped ${done.join(', ')} of ${size} bytes`;
}

function placeOf(size: number, random: Random): number {
  const pages = Math.floor(size / PAGE_BYTES);
  const page = random.int(0, pages - 1) * PAGE_BYTES;
  return random.pick([
    () => random.int(0, size - 1),
    // The two meta pages, which name the newest state, and the headers of all other pages.
    () => random.int(0, 1) * PAGE_BYTES + random.int(0, 200),
    () => page + random.int(0, 63),
  ])();
}
