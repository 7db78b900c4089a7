/** A store's process: appends and reads without a server. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryStore, type Store } from '@session-monitor/server';
import { openLmdbStore } from '@session-monitor/server/lmdb';
import { answerWith } from '../../test/support/answer.mjs';
import { EVENT, payload } from './payload.js';
import { startProfile } from './profile.js';
import { clockMs, usage } from './usage.js';

let store: Store;
let folder: string | undefined;
let stopProfile: (() => Promise<void>) | undefined;

interface AppendOptions {
  readonly threads: number;
  readonly forMs: number;
  /** Appends under way at a time; each of one event. */
  readonly underWay: number;
}

/** The limit of one read: some frames. */
const READ_BYTES = 256 * 1_024;

const handlers = {
  async open(kind: 'memory' | 'lmdb') {
    if (kind === 'memory') store = createMemoryStore();
    else {
      folder = mkdtempSync(join(tmpdir(), 'bench-'));
      store = await openLmdbStore({ path: folder });
    }
  },

  async append({ threads, forMs, underWay }: AppendOptions) {
    const before = usage();
    const end = clockMs() + forMs;
    let count = 0;
    const appendOn = async (_: unknown, index: number) => {
      while (clockMs() < end) {
        const thread = `thread-${index % threads}`;
        const event = JSON.stringify([EVENT, payload(count, 0, 150)]);
        count += 1;
        await store.logs.append(thread, [event]);
      }
    };
    await Promise.all(Array.from({ length: underWay }, appendOn));
    const after = usage();
    return { count, seconds: (after.at - before.at) / 1_000, cpuUs: after.cpuUs - before.cpuUs };
  },

  /** Reads a thread from its start to its end, again and again. */
  async read(forMs: number) {
    const before = usage();
    let count = 0;
    for (let after = 0; clockMs() - before.at < forMs; ) {
      const { batches } = await store.logs.read('thread-0', after, { maxBytes: READ_BYTES });
      const last = batches.at(-1)?.last ?? 0;
      // A frame needs only the text.
      for (const batch of batches) batch.text();
      count += Math.max(0, last - after);
      after = last;
      await new Promise((resolve) => setImmediate(resolve));
    }
    const end = usage();
    return { count, seconds: (end.at - before.at) / 1_000, cpuUs: end.cpuUs - before.cpuUs };
  },

  async startProfile(path: string) {
    stopProfile = await startProfile(path);
  },
  stopProfile: () => stopProfile?.(),

  async close() {
    await store.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  },
};

export type StoreHandlers = typeof handlers;

answerWith(handlers);
