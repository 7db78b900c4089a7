/**
 * Runs on LMDB, with an index by when they ended (open ones at 0) and one by thread. Open runs are few and
 * are kept in memory; this process is their only writer.
 */

import type { Fence, NewRun, RunKey, RunRecord, RunStatus, RunStore } from '../store.js';
import type { Operation } from './environment.js';
import type { LmdbTools } from './group-commit.js';
import {
  dueKey,
  followingKey,
  followingRange,
  nameKey,
  sessionOfDueKey,
  sessionOfFollowingKey,
} from './keys.js';
import { decodeJson, encodeJson, MARK } from './record.js';

export class LmdbRuns implements RunStore {
  readonly #open = new Map<string, RunRecord>();
  /** Closed runs whose end is not flushed yet. */
  readonly #closing = new Map<string, RunRecord>();
  readonly #tools: LmdbTools;

  constructor(tools: LmdbTools) {
    this.#tools = tools;
    for (const { key } of tools.environment.range('run_ends', { end: dueKey(1, '') })) {
      const run = this.#stored(sessionOfDueKey(key));
      // Only one process at a time can open this store, so the process that produced the run is gone.
      if (run?.status === 'running') this.#open.set(run.run_id, { ...run, lease_until: 0 });
    }
  }

  /** Whether a fence lets an append through. */
  admits({ run_id, token, start }: Fence): boolean {
    if (start) return this.#newest(run_id) === undefined;
    return this.#open.get(run_id)?.token === token;
  }

  /** Closes the run at once. Resolves when the end is flushed, in one commit with the last append. */
  async finish(run_id: string, status: RunStatus): Promise<void> {
    const run = this.#open.get(run_id);
    this.#open.delete(run_id);
    if (!run) return;
    const ended: RunRecord = { ...run, status, ended_at: this.#tools.clock.wall() };
    this.#closing.set(run_id, ended);
    await this.#tools.commits.write(() => writeRun(ended, run));
    this.#closing.delete(run_id);
  }

  async start(run: NewRun): Promise<RunRecord | undefined> {
    if (this.#newest(run.run_id)) return undefined;
    const record: RunRecord = { ...run, token: 1, status: 'running', ended_at: null };
    this.#open.set(run.run_id, record);
    await this.#tools.commits.write(() => writeRun(record));
    return record;
  }

  async get({ thread_id, run_id }: RunKey): Promise<RunRecord | undefined> {
    const run = this.#newest(run_id);
    return run?.thread_id === thread_id ? run : undefined;
  }

  async takeOver(key: RunKey): Promise<RunRecord | undefined> {
    const run = this.#openRun(key);
    if (!run) return undefined;
    const taken: RunRecord = { ...run, token: run.token + 1 };
    this.#open.set(run.run_id, taken);
    await this.#tools.commits.write(() => writeRun(taken, run));
    return taken;
  }

  /** In memory only: a lease is for other processes, and the next start ends it (see the constructor). */
  async renew(key: RunKey, token: number, lease_until: number): Promise<boolean> {
    const run = this.#openRun(key);
    if (run?.token !== token) return false;
    this.#open.set(run.run_id, { ...run, lease_until });
    return true;
  }

  async open(): Promise<readonly RunRecord[]> {
    return [...this.#open.values()];
  }

  /** Threads with an open run whose parts go to their log. */
  threads(): ReadonlySet<string> {
    const threads = new Set<string>();
    for (const { thread_id, log_id } of this.#open.values()) {
      if (log_id === thread_id) threads.add(thread_id);
    }
    return threads;
  }

  async ofThread(thread_id: string, after: string, limit: number): Promise<readonly RunRecord[]> {
    const runs: RunRecord[] = [];
    const range = followingRange(thread_id, after);
    for (const { key } of this.#tools.environment.range('runs_of_threads', range)) {
      if (runs.length === limit) break;
      const run = this.#newest(sessionOfFollowingKey(key));
      if (run) runs.push(run);
    }
    return runs;
  }

  async remove(key: RunKey): Promise<void> {
    const run = this.#open.has(key.run_id) ? undefined : await this.get(key);
    if (run) await this.#tools.commits.write(() => removeRun(run));
  }

  async prune(wall: number, limit: number): Promise<readonly RunRecord[]> {
    const closed: RunRecord[] = [];
    // Include the millisecond that `wall` is in: the index has whole milliseconds.
    const range = { start: dueKey(1, ''), end: dueKey(Math.ceil(wall), '') };
    for (const { key } of this.#tools.environment.range('run_ends', range)) {
      if (closed.length === limit) break;
      const run = this.#stored(sessionOfDueKey(key));
      if (run && run.ended_at !== null && run.ended_at < wall) closed.push(run);
    }
    const removals = closed.flatMap(removeRun);
    if (removals.length > 0) await this.#tools.commits.write(() => removals);
    return closed;
  }

  #openRun({ thread_id, run_id }: RunKey): RunRecord | undefined {
    const run = this.#open.get(run_id);
    return run?.thread_id === thread_id ? run : undefined;
  }

  #newest(run_id: string): RunRecord | undefined {
    return this.#open.get(run_id) ?? this.#closing.get(run_id) ?? this.#stored(run_id);
  }

  #stored(run_id: string): RunRecord | undefined {
    const key = nameKey(run_id);
    const value = this.#tools.environment.get('runs', key);
    return value && decodeJson<RunRecord>(key, value);
  }
}

/** The writes that add a run, or replace its earlier record. */
export function writeRun(run: RunRecord, replaced?: RunRecord): readonly Operation[] {
  const key = nameKey(run.run_id);
  return [
    ...(replaced ? [endEntry(replaced, null)] : []),
    endEntry(run, MARK),
    { table: 'runs_of_threads', key: followingKey(run.thread_id, run.run_id), value: MARK },
    { table: 'runs', key, value: encodeJson(key, run) },
  ];
}

const removeRun = (run: RunRecord): readonly Operation[] => [
  endEntry(run, null),
  { table: 'runs_of_threads', key: followingKey(run.thread_id, run.run_id), value: null },
  { table: 'runs', key: nameKey(run.run_id), value: null },
];

const endEntry = ({ run_id, ended_at }: RunRecord, value: Buffer | null): Operation => ({
  table: 'run_ends',
  key: dueKey(ended_at === null ? 0 : Math.max(1, ended_at), run_id),
  value,
});
