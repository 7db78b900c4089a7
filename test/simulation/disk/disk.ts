/**
 * The disk under the embedded store: LMDB's promises, and the effects of a crash. A commit is written, then
 * flushed, then confirmed; each step takes time. A read sees written data, flushed or not. A crash keeps flushed
 * data; data that is only written may be there or not.
 */

import type {
  Environment,
  Operation,
  Table,
} from '../../../packages/server/src/stores/lmdb/environment.js';
import type { Random } from '../time/random.js';
import type { Scheduler } from '../time/scheduler.js';
import { DiskTable } from './table.js';

type Tables = Record<Table, DiskTable>;

/** The longest time of each step of a commit, in milliseconds. Faults change it. */
export interface DiskPace {
  writeMs: number;
  flushMs: number;
  confirmMs: number;
}

/** A disk that flushes within this time is fast. */
export const FAST_FLUSH_MS = 10;

/** The step of a commit at which the power fails. */
export const COMMIT_STEPS = ['written', 'flushed', 'confirmed'] as const;
export type CommitStep = (typeof COMMIT_STEPS)[number];

/** Observes durable operations. */
export interface DiskWatch {
  flushed(operations: readonly Operation[]): void;
}

interface Commit {
  readonly operations: readonly Operation[];
  step: 'begun' | CommitStep;
  /** Restores what the written operations have replaced. */
  undo: readonly Operation[];
}

export class Disk {
  readonly pace: DiskPace = { writeMs: 0.5, flushMs: 3, confirmMs: 0.5 };
  /** The next flush fails, as after an EIO. */
  failsNext = false;
  /** How many flushes have begun on a slow disk. */
  slowFlushes = 0;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #watch: DiskWatch;
  #tables: Tables = emptyTables();
  #commit: Commit | undefined;
  /** The process that has the disk open; requests of a former one have no effect. */
  #owner = 0;
  #ambush: { step: CommitStep; spring: () => void } | undefined;

  constructor(scheduler: Scheduler, random: Random, watch: DiskWatch) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#watch = watch;
  }

  /** Opens the disk for a process. */
  open(): Environment {
    this.#owner += 1;
    const owner = this.#owner;
    return {
      get: (table, key) => this.#tables[table].get(key.toString('latin1')),
      range: (table, range) => this.#tables[table].range(range),
      commit: (operations) => this.#begin(owner, operations),
      otherProcesses: () => [],
      close: async () => {},
    };
  }

  /** Calls `spring` when the next commit reaches `step`, before anything else can happen. */
  ambush(step: CommitStep, spring: () => void): void {
    this.#ambush = { step, spring };
  }

  /** Cancels all pending faults. */
  calm(): void {
    this.failsNext = false;
    this.#ambush = undefined;
  }

  /** The process that had the disk open is dead. */
  crash(): void {
    this.#owner += 1;
    this.#ambush = undefined;
    const commit = this.#commit;
    this.#commit = undefined;
    if (commit?.step !== 'written') return;
    // The commit was not flushed, but the kernel may have written it to the disk.
    if (this.#random.chance(0.5)) this.#watch.flushed(commit.operations);
    else this.#apply(commit.undo);
  }

  /** Whether a commit is under way. */
  get busy(): boolean {
    return this.#commit !== undefined;
  }

  /** Whether all written data is flushed. */
  get quiet(): boolean {
    return this.#commit?.step !== 'written';
  }

  /** Copies the disk while it is quiet. Returns the function that restores the copy. */
  backup(): () => void {
    const tables = copyTables(this.#tables);
    return () => {
      this.#tables = copyTables(tables);
    };
  }

  /** All tables, for a checker. */
  get tables(): Readonly<Tables> {
    return this.#tables;
  }

  #begin(owner: number, operations: readonly Operation[]): Promise<void> {
    if (this.#commit) throw new Error('Two commits at a time');
    const commit: Commit = { operations, step: 'begun', undo: [] };
    this.#commit = commit;
    return new Promise((resolve, reject) => {
      const { pace } = this;
      const step = (limitMs: number, work: () => void) =>
        this.#scheduler.after(this.#random.between(limitMs / 10, limitMs), () => {
          if (owner === this.#owner) work();
        });
      step(pace.writeMs, () => {
        commit.undo = this.#apply(operations);
        this.#reach(commit, 'written', () => {
          if (pace.flushMs > FAST_FLUSH_MS) this.slowFlushes += 1;
          step(pace.flushMs, () => {
            if (this.failsNext) {
              this.failsNext = false;
              return reject(new Error('EIO: the disk has failed'));
            }
            this.#watch.flushed(operations);
            this.#reach(commit, 'flushed', () =>
              step(pace.confirmMs, () =>
                this.#reach(commit, 'confirmed', () => {
                  this.#commit = undefined;
                  resolve();
                }),
              ),
            );
          });
        });
      });
    });
  }

  #reach(commit: Commit, step: CommitStep, next: () => void): void {
    commit.step = step;
    const ambush = this.#ambush;
    if (ambush?.step !== step) {
      next();
    } else {
      this.#ambush = undefined;
      ambush.spring();
    }
  }

  /** Applies operations, and returns the operations that undo them. */
  #apply(operations: readonly Operation[]): readonly Operation[] {
    const undo: Operation[] = [];
    for (const { table, key, value } of operations) {
      const name = key.toString('latin1');
      undo.unshift({ table, key, value: this.#tables[table].get(name) ?? null });
      this.#tables[table].set(name, value);
    }
    return undo;
  }
}

const tablesOf = (make: (table: Table) => DiskTable): Tables => ({
  meta: make('meta'),
  threads: make('threads'),
  thread_list: make('thread_list'),
  journal: make('journal'),
  logs: make('logs'),
  spans: make('spans'),
  messages: make('messages'),
  graves: make('graves'),
  sessions: make('sessions'),
  due: make('due'),
  followings: make('followings'),
  runs: make('runs'),
  run_ends: make('run_ends'),
  runs_of_threads: make('runs_of_threads'),
});
const emptyTables = (): Tables => tablesOf(() => new DiskTable());
const copyTables = (tables: Tables): Tables => tablesOf((name) => tables[name].copy());
