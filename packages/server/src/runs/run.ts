/** A run as the app sees it: its ids, its events, and its result. */

import { isRunEvent, type Json, RUN_EVENTS } from '@session-monitor/protocol';
import type { RunKey, RunRecord, RunStatus } from '../stores/store.js';
import type { LogEntry, LoggedEvent, ReadOptions } from '../threads/read-log.js';

/** How a run has ended. */
export interface RunResult {
  readonly status: RunStatus;
  /** The text of the reply, as far as it was written. */
  readonly text: string;
  /** Why it has failed, or was interrupted. */
  readonly error?: { readonly code: string; readonly message: string };
  /** The cost of the reply, as the responder reports it. */
  readonly usage?: Json;
}

export interface RunDeps {
  readonly read: (log_id: string, options: ReadOptions) => AsyncIterable<LogEntry>;
  readonly cancel: (thread_id: string, run_id: string) => Promise<boolean>;
  /** The run as the store has it now. */
  readonly find: (run: RunKey) => Promise<RunRecord | undefined>;
}

/** One reply, from `run_started` to `run_finished`, on whichever node it is produced. */
export class Run {
  readonly run_id: string;
  readonly thread_id: string;
  /** When it was requested; milliseconds since 1970. */
  readonly started_at: number;
  readonly #record: RunRecord;
  readonly #deps: RunDeps;

  constructor(record: RunRecord, deps: RunDeps) {
    this.run_id = record.run_id;
    this.thread_id = record.thread_id;
    this.started_at = record.started_at;
    this.#record = record;
    this.#deps = deps;
  }

  /**
   * The run's events, from `run_started` to `run_finished`, as they are written. A reader that leaves does not end the
   * run. Ends early if the events are erased or trimmed.
   */
  async *events({
    signal,
  }: Pick<ReadOptions, 'signal'> = {}): AsyncGenerator<LoggedEvent, void, undefined> {
    const { log_id, cursor } = this.#record;
    // The end of a finished run may be trimmed: do not wait for it.
    const follow = (await this.#deps.find(this.#record))?.status === 'running';
    const options = { since: cursor, follow, compacted: false, ...(signal && { signal }) };
    for await (const entry of this.#deps.read(log_id, options)) {
      if (entry.type === 'reset' || (entry.type === 'gap' && follow)) return;
      if (entry.type === 'gap' || !this.#isOwn(entry)) continue;
      yield entry;
      if (entry.event === RUN_EVENTS.finished) return;
    }
  }

  /**
   * Resolves when the run has ended, on whichever node. A run whose thread is erased counts as cancelled. Rejects with
   * the signal's reason if that is aborted.
   */
  async result(options: Pick<ReadOptions, 'signal'> = {}): Promise<RunResult> {
    let text = '';
    for await (const { event, data } of this.events(options)) {
      const part = data as { readonly delta?: unknown } & Partial<RunResult>;
      if (event === RUN_EVENTS.message && typeof part.delta === 'string') text += part.delta;
      if (event !== RUN_EVENTS.finished) continue;
      const { status = 'interrupted', error, usage } = part;
      return { status, text, ...(error && { error }), ...(usage !== undefined && { usage }) };
    }
    options.signal?.throwIfAborted();
    const status = (await this.#deps.find(this.#record))?.status ?? 'cancelled';
    return { status: status === 'running' ? 'interrupted' : status, text };
  }

  /** Cancels the run for all clients of the thread. Resolves with whether it was still open. */
  cancel(): Promise<boolean> {
    return this.#deps.cancel(this.thread_id, this.run_id);
  }

  #isOwn({ event, data }: LoggedEvent): boolean {
    return isRunEvent(event) && (data as { run_id?: unknown } | null)?.run_id === this.run_id;
  }
}
