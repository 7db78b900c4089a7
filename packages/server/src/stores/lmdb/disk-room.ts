/**
 * The disk below the file. Where little is left, the store takes blocks ahead: it writes zeros behind the last page of
 * LMDB's file. LMDB takes its next pages from there, so a commit has its place before it begins, whatever other programs
 * write meanwhile. A write of zeros that fails costs nothing.
 */

import { closeSync, fstatSync, openSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DATA_FILE } from './directory.js';
import {
  bytesLeft,
  defaultReserve,
  type FileUse,
  fits,
  keepsItsBlocks,
  NoRoomError,
  needOf,
  type Room,
  type Space,
  type StoreRoom,
  tailOf,
  type Write,
} from './disk-space.js';

/** How long a look counts. A look at the file's pages takes a tenth of a millisecond. */
const LOOK_EVERY_MS = 50;
/** Looks again after this share of the reserve was admitted. */
const SPENT_SHARE = 1 / 16;
/** An event is written twice: to the journal, then to its log. */
const WRITES_PER_EVENT = 2;
/** What a full disk answers, or one whose user has a quota. */
const IS_FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT']);
/** Blocks are taken so many at a time. */
const TAIL_STEP_BYTES = 1024 * 1024;
const CHUNK = Buffer.alloc(256 * 1024);
const BLOCK_BYTES = 4_096;
/** The unit of `blocks` in what `stat` says. */
const STAT_BLOCK_BYTES = 512;
/** Two leaves and their branches. */
const PAGES_BYTES_PER_OPERATION = 4 * BLOCK_BYTES;
/** Windows does not let a file grow that is mapped. */
const CAN_GROW_AHEAD = process.platform !== 'win32';

export interface DiskRoomOptions {
  readonly path: string;
  readonly use: () => FileUse;
  /** Default: `defaultReserve`. */
  readonly reserveBytes?: number | undefined;
}

export class DiskRoom implements StoreRoom {
  readonly reserve: number;
  readonly #path: string;
  readonly #use: () => FileUse;
  #newest: Room | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #spent = 0;

  constructor({ path, use, reserveBytes }: DiskRoomOptions) {
    this.#path = path;
    this.#use = use;
    this.reserve = reserveBytes ?? defaultReserve(statfsSync(path));
  }

  /** The room that there is, less what was admitted since the last look. */
  look(): Room {
    const now = performance.now();
    if (
      !this.#newest ||
      now - this.#lookedAt >= LOOK_EVERY_MS ||
      this.#spent > this.reserve * SPENT_SHARE
    ) {
      this.#newest = this.#measure();
      this.#lookedAt = now;
      this.#spent = 0;
    }
    const { growth, free } = this.#newest;
    return { growth: growth - this.#spent, free };
  }

  /** An event of this size was admitted. */
  spend(bytes: number): void {
    this.#spent += WRITES_PER_EVENT * bytes;
  }

  /** @throws NoRoomError if the commit has no place. Nothing of it is written then. */
  makeFor(writes: readonly Write[]): void {
    const space = statfsSync(this.#path);
    const left = bytesLeft(space);
    if (this.#isAmple(left - mostOf(writes))) return;
    const use = this.#use();
    const need = needOf(writes, use);
    const room = this.#keepsBlocks(space)
      ? this.#takeAhead(use, need.rows + need.pages)
      : { growth: left, free: 0 };
    if (!fits(need, room)) throw new NoRoomError(need, room);
  }

  #measure(): Room {
    const space = statfsSync(this.#path);
    const left = bytesLeft(space);
    // Only a disk that has little left is worth a look at the pages.
    if (this.#isAmple(left)) return { growth: left, free: 0 };
    const use = this.#use();
    if (!this.#keepsBlocks(space)) return { growth: left, free: use.free };
    const { growth, free } = this.#withFile((file) => roomIn(file, use));
    return { growth: left + growth, free };
  }

  #isAmple(left: number): boolean {
    return left >= 2 * this.reserve + tailOf(this.reserve);
  }

  #keepsBlocks(space: Space): boolean {
    return CAN_GROW_AHEAD && keepsItsBlocks(space);
  }

  /** Takes blocks for a commit, and some more, as far as the disk has them. Returns the room in the file. */
  #takeAhead(use: FileUse, bytes: number): Room {
    return this.#withFile((file) => {
      const { size } = fstatSync(file);
      const wanted = use.end + bytes + tailOf(this.reserve);
      if (size < wanted - TAIL_STEP_BYTES) fillUpTo(file, size, wanted);
      return roomIn(file, use);
    });
  }

  #withFile<T>(work: (file: number) => T): T {
    const file = openSync(join(this.#path, DATA_FILE), 'r+');
    try {
      return work(file);
    } finally {
      closeSync(file);
    }
  }
}

/** The blocks behind the last page, and the free pages that have blocks. */
function roomIn(file: number, { end, free }: FileUse): Room {
  const { size, blocks } = fstatSync(file);
  // A page that was never written has none.
  const holes = Math.max(0, size - blocks * STAT_BLOCK_BYTES);
  return { growth: Math.max(0, size - end), free: Math.max(0, free - holes) };
}

/** More than a commit takes; needs no look at the file. */
const mostOf = (writes: readonly Write[]): number =>
  writes.reduce(
    (sum, { key, value }) => sum + key.length + (value?.length ?? 0) + PAGES_BYTES_PER_OPERATION,
    0,
  );

/** Writes zeros from an offset on, up to another one or until the disk is full. */
function fillUpTo(file: number, from: number, to: number): void {
  let at = from;
  for (let size = CHUNK.length; at < to && size >= BLOCK_BYTES; ) {
    try {
      at += writeSync(file, CHUNK, 0, Math.min(size, to - at), at);
    } catch (error) {
      if (!IS_FULL.has((error as { code?: unknown }).code)) throw error;
      size /= 2;
    }
  }
}
