/** Assembles the store over an open environment. */

import type { Clock, Entropy } from '../../util/clock.js';
import { ServerError } from '../../util/errors.js';
import { Followers } from '../followers.js';
import type { Store } from '../store.js';
import { StoreObservers } from '../store-observers.js';
import { ActiveThreads } from './active-threads.js';
import type { Environment, Operation } from './environment.js';
import { migration } from './format.js';
import { GroupCommit } from './group-commit.js';
import { LmdbLogs } from './lmdb-logs.js';
import { LmdbRuns } from './lmdb-runs.js';
import { LmdbSessions } from './lmdb-sessions.js';
import { LmdbThreads } from './lmdb-threads.js';
import { readJournal } from './read-journal.js';
import type { SettlingPace } from './settling.js';
import { SpaceGate } from './space-gate.js';

export interface StoreDeps {
  readonly environment: Environment;
  readonly clock: Pick<Clock, 'wall' | 'now'>;
  readonly entropy: Pick<Entropy, 'token'>;
  /** Resolves when the present turn of the event loop is over. */
  readonly turn: () => Promise<void>;
  /** Called before each commit; the commit awaits the returned promise. */
  readonly pause?: () => Promise<void> | undefined;
  /** Resolves when a commit that had no room is to be tried again. Without it, it fails. */
  readonly untilRoom?: () => Promise<void>;
  /** When batches move from the journal to their logs; for tests. */
  readonly pace?: SettlingPace;
  /** Called when the database has been brought up to date. */
  readonly onMigrated?: () => void;
}

/** @throws ServerError ERR_STORE_ACCESS */
function requireRoom({ room }: Environment, changes: readonly Operation[]): void {
  try {
    room?.makeFor(changes);
  } catch (cause) {
    const message =
      "The disk has no room to bring the database to this version's format. Nothing was changed. Free some space, then start again.";
    throw new ServerError('ERR_STORE_ACCESS', message, { cause });
  }
}

export async function assembleStore(deps: StoreDeps): Promise<Store> {
  const { clock, entropy } = deps;
  const observers = new StoreObservers();
  const commits = new GroupCommit(deps.environment, deps.turn, deps.pause, deps.untilRoom, {
    clock,
    committed: (ms, bytes) => observers.committed(ms, bytes),
  });
  const gate = new SpaceGate(deps.environment.room, commits);
  const environment = commits.guard(deps.environment);
  const changes = migration(environment);
  if (changes.length > 0) {
    requireRoom(deps.environment, changes);
    await commits.write(() => changes);
    deps.onMigrated?.();
  }
  const tools = { environment, commits, gate, clock, observers };
  const runs = new LmdbRuns(tools);
  const journal = readJournal(environment);
  const { unsettled } = journal;
  const followers = new Followers();
  const threads = new ActiveThreads({ ...tools, unsettled, entropy, followers });
  const shared = { ...tools, threads, runs, followers };
  const logs = new LmdbLogs({ ...shared, journal, entropy, pace: deps.pace });
  return {
    kind: 'lmdb',
    durable: true,
    logs,
    threads: new LmdbThreads(shared),
    sessions: new LmdbSessions({ ...tools, turn: deps.turn }),
    runs,
    space: gate,
    stopWaiting: () => commits.stopWaiting(),
    onFailure: (listener) => commits.onFailure(listener),
    observe: (observer) => observers.add(observer),
    async close() {
      commits.stopWaiting();
      await logs.close();
      await commits.settled();
      await environment.close();
    },
  };
}
