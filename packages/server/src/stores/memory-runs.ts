/** Runs of the memory store. */

import type { Fence, NewRun, RunKey, RunRecord, RunStore } from './store.js';

export class MemoryRuns implements RunStore {
  readonly #runs = new Map<string, RunRecord>();

  /** Whether a fence lets an append through. */
  admits({ run_id, token, start }: Fence): boolean {
    const run = this.#runs.get(run_id);
    if (start) return run === undefined;
    return run?.status === 'running' && run.token === token;
  }

  finish(run_id: string, status: RunRecord['status'], ended_at: number): void {
    const run = this.#runs.get(run_id);
    if (run) this.#runs.set(run_id, { ...run, status, ended_at });
  }

  async start(run: NewRun): Promise<RunRecord | undefined> {
    if (this.#runs.has(run.run_id)) return undefined;
    const record: RunRecord = { ...run, token: 1, status: 'running', ended_at: null };
    this.#runs.set(run.run_id, record);
    return record;
  }

  async get({ thread_id, run_id }: RunKey): Promise<RunRecord | undefined> {
    const run = this.#runs.get(run_id);
    return run?.thread_id === thread_id ? run : undefined;
  }

  async takeOver(key: RunKey): Promise<RunRecord | undefined> {
    const run = await this.get(key);
    if (run?.status !== 'running') return undefined;
    const taken: RunRecord = { ...run, token: run.token + 1 };
    this.#runs.set(run.run_id, taken);
    return taken;
  }

  async renew(key: RunKey, token: number, lease_until: number): Promise<boolean> {
    const run = await this.get(key);
    if (!run || !this.admits({ run_id: run.run_id, token })) return false;
    this.#runs.set(run.run_id, { ...run, lease_until });
    return true;
  }

  async open(): Promise<readonly RunRecord[]> {
    return this.#openRuns();
  }

  /** Threads with an open run whose parts go to their log. */
  threads(): ReadonlySet<string> {
    const published = this.#openRuns().filter(({ log_id, thread_id }) => log_id === thread_id);
    return new Set(published.map(({ thread_id }) => thread_id));
  }

  #openRuns(): readonly RunRecord[] {
    return [...this.#runs.values()].filter((run) => run.status === 'running');
  }

  async ofThread(thread_id: string, after: string, limit: number): Promise<readonly RunRecord[]> {
    return [...this.#runs.values()]
      .filter((run) => run.thread_id === thread_id && run.run_id > after)
      .sort((a, b) => (a.run_id < b.run_id ? -1 : 1))
      .slice(0, limit);
  }

  async remove(key: RunKey): Promise<void> {
    const run = await this.get(key);
    if (run && run.status !== 'running') this.#runs.delete(run.run_id);
  }

  async prune(wall: number, limit: number): Promise<readonly RunRecord[]> {
    const closed = [...this.#runs.values()]
      .filter(({ ended_at }) => ended_at !== null && ended_at < wall)
      .sort((a, b) => (a.ended_at ?? 0) - (b.ended_at ?? 0))
      .slice(0, limit);
    for (const run of closed) this.#runs.delete(run.run_id);
    return closed;
  }
}
