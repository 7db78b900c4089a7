/**
 * The list of threads on LMDB. An entry is part of its thread's record, so erasing the thread erases it. Readers get
 * the entry from the file, and the confirmed head (I1).
 */

import type { ThreadChange } from '@session-monitor/protocol';
import type { ThreadEntry, ThreadListQuery, ThreadStore } from '../store.js';
import { changeEntry, shownEntry } from '../stored-entry.js';
import { type ActiveThreads, confirmedHead } from './active-threads.js';
import type { LmdbTools } from './group-commit.js';
import { listRange, scopeOf, threadOfListKey } from './list-keys.js';
import type { LmdbRuns } from './lmdb-runs.js';

export interface LmdbThreadsDeps extends LmdbTools {
  readonly threads: ActiveThreads;
  readonly runs: LmdbRuns;
}

export class LmdbThreads implements ThreadStore {
  readonly #deps: LmdbThreadsDeps;

  constructor(deps: LmdbThreadsDeps) {
    this.#deps = deps;
  }

  async get(thread_id: string): Promise<ThreadEntry | undefined> {
    return this.#show(thread_id, this.#deps.runs.threads());
  }

  async list({ user_id, after, limit }: ThreadListQuery): Promise<readonly ThreadEntry[]> {
    const running = this.#deps.runs.threads();
    const scope = scopeOf(user_id);
    const entries: ThreadEntry[] = [];
    for (const { key } of this.#deps.environment.range('thread_list', listRange(scope, after))) {
      if (entries.length === limit) break;
      const thread_id = threadOfListKey(scope, key);
      const entry = thread_id === after?.thread_id ? undefined : this.#show(thread_id, running);
      if (entry) entries.push(entry);
    }
    return entries;
  }

  async update(thread_id: string, change: ThreadChange): Promise<ThreadEntry | undefined> {
    const { threads, commits, gate, clock } = this.#deps;
    if (!threads.peek(thread_id)) return undefined;
    return threads.using(thread_id, async (thread) => {
      const { entry } = thread.record;
      if (!entry && thread.assigned.offset === 0) return undefined;
      gate.require('event', thread_id);
      const changed = changeEntry(entry, change, clock.wall());
      const writes = threads.writeEntry(thread_id, thread, changed);
      await commits.write(writes);
      return this.get(thread_id);
    });
  }

  #show(thread_id: string, running: ReadonlySet<string>): ThreadEntry | undefined {
    const { threads } = this.#deps;
    const entry = threads.stored(thread_id)?.entry;
    const thread = threads.peek(thread_id);
    if (!entry || !thread) return undefined;
    const { offset: head } = confirmedHead(thread);
    return shownEntry(thread_id, entry, { head, running: running.has(thread_id) });
  }
}
