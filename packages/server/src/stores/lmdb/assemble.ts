/** The store over an environment that is open: the parts, put together. */

import type { Clock, Entropy } from '../../clock.js';
import type { Store } from '../store.js';
import type { Environment } from './environment.js';
import { migration } from './format.js';
import { GroupCommit } from './group-commit.js';
import { LmdbLogs } from './lmdb-logs.js';
import { LmdbRuns } from './lmdb-runs.js';
import { LmdbSessions } from './lmdb-sessions.js';
import type { SettlingPace } from './settling.js';

export interface StoreParts {
  readonly environment: Environment;
  readonly clock: Pick<Clock, 'wall'>;
  readonly entropy: Pick<Entropy, 'token'>;
  /** Resolves when the present turn of the event loop is over. */
  readonly turn: () => Promise<void>;
  /** Asked before each commit; what it returns is waited for. */
  readonly pause?: () => Promise<void> | undefined;
  /** When batches move from the journal to their logs; for tests. */
  readonly pace?: SettlingPace;
  /** Called when the database has been brought up to date. */
  readonly onMigrated?: () => void;
}

export async function assembleStore(parts: StoreParts): Promise<Store> {
  const { clock, entropy } = parts;
  const commits = new GroupCommit(parts.environment, parts.turn, parts.pause);
  const environment = commits.guard(parts.environment);
  const changes = migration(environment);
  if (changes.length > 0) {
    await commits.write(() => changes);
    parts.onMigrated?.();
  }
  const runs = new LmdbRuns(environment, commits, clock);
  const logs = new LmdbLogs({
    ...{ environment, commits, runs, clock, entropy },
    pace: parts.pace,
  });
  return {
    kind: 'lmdb',
    durable: true,
    logs,
    sessions: new LmdbSessions(environment, commits),
    runs,
    onFailure: (listener) => commits.onFailure(listener),
    async close() {
      await logs.close();
      await commits.settled();
      await environment.close();
    },
  };
}
