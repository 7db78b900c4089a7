/**
 * Lines in files of a folder: appended with one write every 250 ms, without a flush to the disk. What a process that is
 * killed has not written is lost, at most so much.
 *
 *     append ──► waits ≤ 250 ms ──► one write ──► the current file ──► full or old: the next file, and the oldest go
 *                                      │ fails, or the disk is nearly full
 *                                      ▼
 *                                   stopped: lines are counted and dropped; tried again 10 s later, with a new file
 */

import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OWNER_ONLY } from '../../stores/lmdb/permissions.js';
import type { Cancel, Clock } from '../../util/clock.js';
import { asError } from '../../util/errors.js';
import { lastLineBefore } from './former-process.js';
import type { TraceLine } from './line.js';
import { timeIn } from './raw-line.js';
import { scanFile } from './scan-file.js';
import {
  listFiles,
  nameOfFile,
  prepareFolder,
  requireRoom,
  type TraceFile,
  tidy,
} from './trace-folder.js';
import type { TraceStore, Visit } from './trace-store.js';

const WRITE_EVERY_MS = 250;
const RETRY_MS = 10_000;
/** Lines that wait for a slow disk, in UTF-16 units. Further ones are dropped. */
const MAX_WAITING = 4 * 1024 * 1024;
/** A file is this part of what is kept: so much goes at a time. */
const FILES = 16;
const TIDY_EVERY_MS = 60_000;
const SPACE = 0x20;

export interface TraceFilesOptions {
  readonly directory: string;
  readonly maxBytes: number;
  /** How long a line is kept, and a sixteenth of that longer at most. In milliseconds. */
  readonly maxAgeMs: number;
  readonly clock: Pick<Clock, 'wall' | 'now' | 'after'>;
  /** Lines can no longer be written. Called once until they can. */
  readonly onStopped: (error: Error) => void;
  /** They can again. @param dropped how many were not kept */
  readonly onResumed: (code: string, dropped: number) => void;
}

/** The file that is being written. */
interface Current {
  readonly file: FileHandle;
  readonly path: string;
  /** Monotonic milliseconds. */
  readonly openedAt: number;
  bytes: number;
}

export class TraceFiles implements TraceStore {
  readonly kept = 'files';
  readonly maxBytes: number;
  /** The last line of the process before, if it is known to have ended. */
  readonly former: Promise<TraceLine | undefined>;
  readonly #options: TraceFilesOptions;
  #waiting: string[] = [];
  #waitingLength = 0;
  #current: Current | undefined;
  #writing: Promise<void>;
  #write: Cancel | undefined;
  #tidying: Cancel | undefined;
  #stopped: { readonly code: string; readonly at: number; readonly retryAt: number } | undefined;
  #dropped = 0;
  /** Dropped since the trace has stopped. */
  #droppedNow = 0;
  #isClosed = false;

  constructor(options: TraceFilesOptions) {
    this.maxBytes = options.maxBytes;
    this.#options = options;
    this.former = lastLineBefore(options.directory);
    // It is read before this process has a line.
    this.#writing = this.former.then(
      () => {},
      () => {},
    );
    this.#planTidying();
  }

  get stopped(): { readonly code: string; readonly at: number } | undefined {
    return this.#stopped && { code: this.#stopped.code, at: this.#stopped.at };
  }

  get dropped(): number {
    return this.#dropped;
  }

  append(line: string): void {
    const { clock } = this.#options;
    const isWaitingToRetry = this.#stopped !== undefined && clock.now() < this.#stopped.retryAt;
    if (this.#isClosed || isWaitingToRetry || this.#waitingLength > MAX_WAITING) {
      this.#drop(1);
      return;
    }
    this.#waiting.push(line);
    this.#waitingLength += line.length;
    this.#write ??= clock.after(WRITE_EVERY_MS, () => void this.#flush());
  }

  async scan(visit: Visit): Promise<void> {
    await this.#flush();
    // A file that cannot be read has nothing to show.
    await this.#visitFiles('r', (file, { bytes }) =>
      scanFile(file, bytes, visit).catch(() => true),
    );
  }

  async erase(isErased: Visit): Promise<void> {
    await this.#flush();
    await this.#visitFiles('r+', async (file, { bytes }) => {
      const erased: [at: number, length: number][] = [];
      await scanFile(file, bytes, (raw, at) => {
        if (isErased(raw)) erased.push([at, raw.length]);
        return true;
      });
      if (erased.length === 0) return true;
      const { atime, mtime } = await file.stat();
      for (const [at, length] of erased)
        await file.write(Buffer.alloc(length, SPACE), 0, length, at);
      // The age of a file is that of its lines.
      await file.utimes(atime, mtime);
      return true;
    });
  }

  async oldest(): Promise<number | undefined> {
    const [first] = await listFiles(this.#options.directory);
    if (!first) return undefined;
    let oldest: number | undefined;
    const file = await open(first.path, 'r').catch(() => undefined);
    try {
      await file?.read({ buffer: Buffer.alloc(64), position: 0 }).then(({ buffer }) => {
        const time = timeIn(buffer.toString('latin1'));
        oldest = Number.isFinite(time) ? time : Math.round(first.writtenAt);
      });
    } finally {
      await file?.close();
    }
    return oldest;
  }

  async close(): Promise<void> {
    await this.#flush();
    this.#isClosed = true;
    this.#tidying?.();
    await this.#leave();
  }

  /** Resolves when what waits now is written. Never rejects. */
  #flush(): Promise<void> {
    this.#write?.();
    this.#write = undefined;
    this.#writing = this.#writing.then(() => this.#writeWaiting());
    return this.#writing;
  }

  async #writeWaiting(): Promise<void> {
    const lines = this.#waiting;
    if (lines.length === 0) return;
    this.#waiting = [];
    this.#waitingLength = 0;
    try {
      const current = await this.#fileFor();
      await requireRoom(this.#options.directory);
      const bytes = Buffer.from(lines.join(''));
      for (let written = 0; written < bytes.length; ) {
        written += (await current.file.write(bytes, written)).bytesWritten;
      }
      current.bytes += bytes.length;
      this.#resume();
    } catch (error) {
      this.#drop(lines.length);
      await this.#stop(asError(error));
    }
  }

  /** The file to write to. One that is full, old, or removed by another program is left. */
  async #fileFor(): Promise<Current> {
    const { clock, directory, maxBytes, maxAgeMs } = this.#options;
    const current = this.#current;
    if (current) {
      const isFull = current.bytes >= maxBytes / FILES;
      const isOld = clock.now() - current.openedAt >= maxAgeMs / FILES;
      if (!isFull && !isOld && (await current.file.stat()).nlink > 0) return current;
      await this.#leave();
    }
    await prepareFolder(directory);
    const files = await listFiles(directory);
    const path = join(directory, nameOfFile((files.at(-1)?.number ?? 0) + 1, process.pid));
    const file = await open(path, 'ax', OWNER_ONLY);
    const made = { file, path, openedAt: clock.now(), bytes: 0 };
    this.#current = made;
    await this.#tidy();
    return made;
  }

  async #leave(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await current?.file.close();
    // A file that could not be written.
    if (current?.bytes === 0) await rm(current.path, { force: true });
  }

  /** Its last line may be torn: the next attempt begins a file. */
  async #stop(error: Error): Promise<void> {
    const { clock, onStopped } = this.#options;
    const { code = 'failed' } = error as { readonly code?: string };
    const isNew = this.#stopped === undefined;
    const at = this.#stopped?.at ?? clock.wall();
    this.#stopped = { code, at, retryAt: clock.now() + RETRY_MS };
    await this.#leave().catch(() => {});
    if (isNew) onStopped(error);
  }

  #resume(): void {
    const stopped = this.#stopped;
    if (!stopped) return;
    this.#stopped = undefined;
    this.#options.onResumed(stopped.code, this.#droppedNow);
    this.#droppedNow = 0;
  }

  #drop(lines: number): void {
    this.#dropped += lines;
    this.#droppedNow += lines;
  }

  #planTidying(): void {
    this.#tidying = this.#options.clock.after(TIDY_EVERY_MS, () => {
      this.#writing = this.#writing.then(() => this.#tidy()).catch(() => {});
      this.#planTidying();
    });
  }

  async #tidy(): Promise<void> {
    const { directory, maxBytes, maxAgeMs, clock } = this.#options;
    await tidy(directory, { maxBytes, since: clock.wall() - maxAgeMs }, this.#current?.path);
  }

  /** The newest file first, until `work` resolves with false. A file that is removed meanwhile has nothing to show. */
  async #visitFiles(
    flags: 'r' | 'r+',
    work: (file: FileHandle, found: TraceFile) => Promise<boolean>,
  ): Promise<void> {
    const files = await listFiles(this.#options.directory);
    for (const found of [...files].reverse()) {
      const file = await open(found.path, flags).catch(() => undefined);
      if (!file) continue;
      try {
        if (!(await work(file, found))) return;
      } finally {
        await file.close();
      }
    }
  }
}
