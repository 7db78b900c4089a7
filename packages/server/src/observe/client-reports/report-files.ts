/**
 * Reports as files beside those of the trace: `report-SESSION_ID.json`, one for each session. A file is written under
 * another name and renamed, so that none is ever torn. The folder is the only state: processes may share it, and one that
 * starts finds what the one before has left.
 */

import { lstat, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OWNER_ONLY } from '../../stores/lmdb/permissions.js';
import type { Cancel, Clock } from '../../util/clock.js';
import { prepareFolder, requireRoom } from '../session-trace/trace-folder.js';
import type { Visit } from '../session-trace/trace-store.js';
import {
  type Countable,
  type ReportBounds,
  type ReportStore,
  reportsToRemove,
} from './report-store.js';
import { headOf, MAX_HEAD_BYTES } from './report-text.js';

/** A session's id as `TOKEN_PATTERN` has it: no path. */
const NAME = /^report-[\w-]{16,64}\.json$/;
/** What a process that was killed has left of its writing. */
const UNFINISHED = /^report-[\w-]{16,64}\.json\.\d+$/;
const TIDY_EVERY_MS = 60_000;

export interface ReportFilesOptions extends ReportBounds {
  readonly directory: string;
  readonly clock: Pick<Clock, 'wall' | 'after'>;
}

interface ReportFile extends Countable {
  readonly path: string;
}

export class ReportFiles implements ReportStore {
  readonly kept = 'files';
  readonly #options: ReportFilesOptions;
  /** One change of the folder at a time. */
  #working: Promise<unknown> = Promise.resolve();
  #tidying: Cancel | undefined;

  constructor(options: ReportFilesOptions) {
    this.#options = options;
    this.#planTidying();
  }

  put(session_id: string, text: string): Promise<void> {
    return this.#inTurn(async () => {
      const { directory } = this.#options;
      await prepareFolder(directory);
      await requireRoom(directory);
      const path = this.#pathOf(session_id);
      const unfinished = `${path}.${process.pid}`;
      try {
        await writeFile(unfinished, text, { mode: OWNER_ONLY });
        await rename(unfinished, path);
      } catch (error) {
        await rm(unfinished, { force: true });
        throw error;
      }
      await this.#tidy();
    });
  }

  async get(session_id: string): Promise<string | undefined> {
    const { clock, maxAgeMs } = this.#options;
    const found = await fileAt(this.#pathOf(session_id));
    if (!found || found.writtenAt < clock.wall() - maxAgeMs) return undefined;
    return readFile(found.path, 'utf8').catch(() => undefined);
  }

  async scan(visit: Visit): Promise<void> {
    for (const { path } of await this.#list(NAME)) {
      const head = await readHead(path);
      if (head !== undefined && !visit(head)) return;
    }
  }

  erase(isErased: Visit): Promise<void> {
    return this.#inTurn(async () => {
      for (const { path } of await this.#list(NAME)) {
        const head = await readHead(path);
        if (head !== undefined && isErased(head)) await rm(path, { force: true });
      }
    });
  }

  async close(): Promise<void> {
    this.#tidying?.();
    await this.#working;
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#working.then(work);
    this.#working = done.catch(() => {});
    return done;
  }

  #planTidying(): void {
    this.#tidying = this.#options.clock.after(TIDY_EVERY_MS, () => {
      void this.#inTurn(() => this.#tidy()).catch(() => {});
      this.#planTidying();
    });
  }

  async #tidy(): Promise<void> {
    const wall = this.#options.clock.wall();
    const gone = reportsToRemove(await this.#list(NAME), this.#options, wall);
    const unfinished = await this.#list(UNFINISHED);
    const left = unfinished.filter(({ writtenAt }) => writtenAt < wall - TIDY_EVERY_MS);
    for (const { path } of [...gone, ...left]) await rm(path, { force: true });
  }

  readonly #pathOf = (session_id: string): string =>
    join(this.#options.directory, `report-${session_id}.json`);

  async #list(pattern: RegExp): Promise<readonly ReportFile[]> {
    const { directory } = this.#options;
    const names = await readdir(directory).catch(() => []);
    const own = names.filter((name) => pattern.test(name));
    const files = await Promise.all(own.map((name) => fileAt(join(directory, name))));
    return files.flatMap((file) => file ?? []);
  }
}

/** Undefined for what is not there, and for a link or a folder: that is not ours. */
async function fileAt(path: string): Promise<ReportFile | undefined> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isFile() ? { path, bytes: found.size, writtenAt: found.mtimeMs } : undefined;
}

/** Undefined for a file that was removed meanwhile. */
async function readHead(path: string): Promise<string | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  try {
    const read = await file?.read({ buffer: Buffer.alloc(MAX_HEAD_BYTES), position: 0 });
    return read && headOf(read.buffer.toString('latin1', 0, read.bytesRead));
  } finally {
    await file?.close();
  }
}
