/** The record, indexed: tried and acknowledged operations, with their places in the record. */

import type { RecordLine } from '../record.js';

export interface Append {
  readonly thread_id: string;
  readonly id: string;
  readonly count: number;
  readonly once: boolean;
  readonly triedAt: number;
  acknowledged?: {
    readonly at: number;
    readonly epoch: string;
    readonly first: number;
    readonly last: number;
  };
}

export interface ThreadReference {
  /** Its reported incarnations, oldest first, each with the place of its report. */
  readonly epochs: Map<string, number>;
  /** Deletions and trims that were begun and not acknowledged: they may have happened. */
  openDeletions: number;
  openTrims: number;
  /** The highest base that was acknowledged, ever and in the newest incarnation. */
  maxBase: number;
  base: number;
}

interface RunReference {
  startedAt?: number;
  finishTried: boolean;
  finishedAt?: number;
}

export interface Reference {
  readonly appends: ReadonlyMap<string, Append>;
  readonly threads: ReadonlyMap<string, ThreadReference>;
  readonly runs: ReadonlyMap<string, RunReference>;
}

export function readReference(record: readonly RecordLine[]): Reference {
  const reader = new ReferenceReader();
  record.forEach((line, at) => {
    reader.take(line, at);
  });
  return reader;
}

class ReferenceReader implements Reference {
  readonly appends = new Map<string, Append>();
  readonly threads = new Map<string, ThreadReference>();
  readonly runs = new Map<string, RunReference>();

  take(line: RecordLine, at: number): void {
    switch (line[0]) {
      case 'append': {
        const [, thread_id, id, count, once] = line;
        this.appends.set(id, { thread_id, id, count, once, triedAt: at });
        this.#thread(thread_id);
        break;
      }
      case 'appended':
        this.#appended(line, at);
        break;
      case 'trim':
        this.#thread(line[1]).openTrims += 1;
        break;
      case 'trimmed':
        this.#trimmed(line[1], line[2]);
        break;
      case 'delete':
        this.#thread(line[1]).openDeletions += 1;
        break;
      case 'deleted':
        this.#deleted(line[1], line[2], at);
        break;
      case 'start':
        this.runs.set(line[1], { finishTried: false });
        break;
      default:
        this.#ran(line, at);
    }
  }

  #appended([, id, epoch, first, last]: RecordLine & { 0: 'appended' }, at: number): void {
    const append = this.appends.get(id);
    if (!append) throw new Error(`${id} was acknowledged, never tried`);
    append.acknowledged = { at, epoch, first, last };
    const thread = this.#thread(append.thread_id);
    if (thread.epochs.has(epoch)) return;
    // An append belongs to the incarnation of the moment when it was tried: an unreported one is older than
    // those whose deletion was reported after that.
    const newer = [...thread.epochs].filter(([, toldAt]) => toldAt > append.triedAt);
    for (const [each] of newer) thread.epochs.delete(each);
    thread.epochs.set(epoch, at);
    for (const [each, toldAt] of newer) thread.epochs.set(each, toldAt);
    // Erased by a writer that was killed before it could report that: earlier trims are not of this log.
    if (newer.length === 0) thread.base = 0;
  }

  #trimmed(thread_id: string, base: number): void {
    const thread = this.#thread(thread_id);
    thread.openTrims -= 1;
    thread.base = base;
    thread.maxBase = Math.max(thread.maxBase, base);
  }

  #deleted(thread_id: string, epoch: string, at: number): void {
    const thread = this.#thread(thread_id);
    thread.openDeletions -= 1;
    thread.base = 0;
    if (!thread.epochs.has(epoch)) thread.epochs.set(epoch, at);
  }

  #ran(line: RecordLine & { 0: 'started' | 'finish' | 'finished' }, at: number): void {
    const run = this.runs.get(line[1]);
    if (!run) throw new Error(`Run ${line[1]} was never tried`);
    if (line[0] === 'started') run.startedAt = at;
    else if (line[0] === 'finish') run.finishTried = true;
    else run.finishedAt = at;
  }

  #thread(thread_id: string): ThreadReference {
    const known = this.threads.get(thread_id);
    if (known) return known;
    const fresh = { epochs: new Map(), openDeletions: 0, openTrims: 0, maxBase: 0, base: 0 };
    this.threads.set(thread_id, fresh);
    return fresh;
  }
}
