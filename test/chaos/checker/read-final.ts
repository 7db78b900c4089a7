/** Reads, after the run, the logs from the store and the histories from their files. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '@session-monitor/server';
import { historyFile } from '../clients/messages.js';
import type { History, Line, Log } from './evidence.js';

const MAX_BYTES = 1024 * 1024;

export interface FinalStore {
  readonly logs: ReadonlyMap<string, Log>;
  /** Runs that have not ended. */
  readonly openRuns: number;
}

export async function readFinal(store: Store, threads: readonly string[]): Promise<FinalStore> {
  try {
    const logs = new Map<string, Log>();
    for (const thread_id of threads) {
      const log: string[] = [];
      for (;;) {
        const { batches } = await store.logs.read(thread_id, log.length, { maxBytes: MAX_BYTES });
        if (batches.length === 0) break;
        for (const batch of batches) {
          for (let offset = log.length + 1; offset <= batch.last; offset += 1) {
            log.push(batch.text(offset, offset));
          }
        }
      }
      logs.set(thread_id, log);
    }
    return { logs, openRuns: (await store.runs.open()).length };
  } finally {
    await store.close();
  }
}

export function readHistory(folder: string, client: string, thread_id: string): History {
  const text = readFileSync(join(folder, historyFile(client, thread_id)), 'utf8');
  const rows = text.split('\n').filter((row) => row !== '');
  return { client, thread_id, lines: rows.map((row) => JSON.parse(row) as Line) };
}
