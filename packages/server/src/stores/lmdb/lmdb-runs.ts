/** Runs on LMDB. Open runs are few and are kept in memory; this process is their only writer. */

import type { Clock } from '../../clock.js';
import type { NewRun, RunRecord, RunStatus, RunStore } from '../store.js';
import type { Environment, Operation } from './environment.js';
import type { GroupCommit } from './group-commit.js';
import { nameKey } from './keys.js';
import { decodeJson, encodeJson } from './record.js';

export class LmdbRuns implements RunStore {
  readonly #open = new Map<string, RunRecord>();
  readonly #environment: Environment;
  readonly #commits: GroupCommit;
  readonly #clock: Pick<Clock, 'wall'>;

  constructor(environment: Environment, commits: GroupCommit, clock: Pick<Clock, 'wall'>) {
    this.#environment = environment;
    this.#commits = commits;
    this.#clock = clock;
    for (const run of this.#stored()) {
      if (run.status === 'running') this.#open.set(run.run_id, run);
    }
  }

  /** Whether `token` may still append for the run. */
  holds(run_id: string, token: number): boolean {
    return this.#open.get(run_id)?.token === token;
  }

  /** Closes the run at once; resolves when that is flushed, with the append that it ends. */
  async finish(run_id: string, status: RunStatus): Promise<void> {
    const run = this.#open.get(run_id);
    this.#open.delete(run_id);
    if (!run) return;
    const ended: RunRecord = { ...run, status, ended_at: this.#clock.wall() };
    await this.#commits.write(() => [write(ended)]);
  }

  async start(run: NewRun): Promise<RunRecord> {
    const record: RunRecord = { ...run, token: 1, status: 'running', ended_at: null };
    this.#open.set(run.run_id, record);
    await this.#commits.write(() => [write(record)]);
    return record;
  }

  async get(run_id: string): Promise<RunRecord | undefined> {
    const key = nameKey(run_id);
    const value = this.#environment.get('runs', key);
    return this.#open.get(run_id) ?? (value && decodeJson<RunRecord>(key, value));
  }

  async takeOver(run_id: string): Promise<RunRecord | undefined> {
    const run = this.#open.get(run_id);
    if (!run) return undefined;
    const taken: RunRecord = { ...run, token: run.token + 1 };
    this.#open.set(run_id, taken);
    await this.#commits.write(() => [write(taken)]);
    return taken;
  }

  async open(): Promise<readonly RunRecord[]> {
    return [...this.#open.values()];
  }

  async prune(wall: number, limit: number): Promise<readonly RunRecord[]> {
    const closed: RunRecord[] = [];
    for (const run of this.#stored()) {
      if (closed.length === limit) break;
      if (run.ended_at !== null && run.ended_at < wall) closed.push(run);
    }
    const removals = closed.map(({ run_id }) => ({
      table: 'runs' as const,
      key: nameKey(run_id),
      value: null,
    }));
    if (removals.length > 0) await this.#commits.write(() => removals);
    return closed;
  }

  *#stored(): Generator<RunRecord> {
    for (const { key, value } of this.#environment.range('runs', {})) {
      yield decodeJson<RunRecord>(key, value);
    }
  }
}

function write(run: RunRecord): Operation {
  const key = nameKey(run.run_id);
  return { table: 'runs', key, value: encodeJson(key, run) };
}
