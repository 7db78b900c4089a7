/** Watches durable operations: feeds the reference of the logs, and expects that generations only grow (I6). */

import type { Operation } from '../../../packages/server/src/stores/lmdb/environment.js';
import { decodeJson } from '../../../packages/server/src/stores/lmdb/record.js';
import type { SessionRecord } from '../../../packages/server/src/stores/store.js';
import type { DiskWatch } from '../disk/disk.js';
import type { Checker } from './checker.js';
import type { Owners } from './owners.js';
import type { ReferenceLog } from './reference-log.js';

export interface StoreWatch extends DiskWatch {
  /** A back-up was restored: earlier knowledge of sessions is void. */
  restored(): void;
}

export function watchStore(reference: ReferenceLog, checker: Checker, owners: Owners): StoreWatch {
  const generations = new Map<string, number>();

  function onSession(key: Buffer, value: Buffer | null): void {
    const id = key.toString('utf8');
    if (!value) {
      generations.delete(id);
      owners.removed(id);
      return;
    }
    const { generation } = decodeJson<SessionRecord>(key, value);
    const former = generations.get(id) ?? 0;
    checker.expect(generation >= former, 'I6', () => {
      return `session ${id} of generation ${former} was overwritten with ${generation}`;
    });
    generations.set(id, generation);
  }

  return {
    flushed(operations: readonly Operation[]) {
      reference.flushed(operations);
      for (const { table, key, value } of operations) {
        if (table === 'sessions') onSession(key, value);
      }
    },
    restored: () => generations.clear(),
  };
}
