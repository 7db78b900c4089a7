/**
 * A store whose reads take time and sometimes fail. The embedded store answers at once; others do not, and the
 * server must not rely on it. An answer may show the state at the request or at the answer.
 */

import type { LogStore, SessionStore, Store } from '../../../packages/server/src/stores/store.js';
import type { ProcessClock } from '../time/process-clock.js';
import type { Random } from '../time/random.js';

export interface ReadFaults {
  /** Reads take up to this long; 0 answers at once. */
  slowMs: number;
  /** The share of reads that fail, from 0 to 1. */
  failing: number;
}

export function withFaultyReads(
  store: Store,
  faults: ReadFaults,
  clock: ProcessClock,
  random: Random,
): Store {
  const faulty =
    <A extends unknown[], R>(read: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> =>
      faults.slowMs === 0 && faults.failing === 0 ? read(...args) : late(read, args);

  async function late<A extends unknown[], R>(
    read: (...args: A) => Promise<R>,
    args: A,
  ): Promise<R> {
    if (random.chance(faults.failing)) {
      await clock.sleep(random.between(0, faults.slowMs));
      throw new Error('EIO: the store cannot be read');
    }
    const ms = random.between(0, faults.slowMs);
    if (random.chance(0.5)) {
      await clock.sleep(ms);
      return read(...args);
    }
    const answer = await read(...args);
    await clock.sleep(ms);
    return answer;
  }

  const { logs, sessions } = store;
  const faultyLogs: LogStore = {
    open: faulty((thread_id: string) => logs.open(thread_id)),
    head: faulty((thread_id: string) => logs.head(thread_id)),
    read: faulty((...args: Parameters<LogStore['read']>) => logs.read(...args)),
    locate: faulty((...args: Parameters<LogStore['locate']>) => logs.locate(...args)),
    threads: faulty((...args: Parameters<LogStore['threads']>) => logs.threads(...args)),
    append: (...args) => logs.append(...args),
    compact: (...args) => logs.compact(...args),
    trim: (...args) => logs.trim(...args),
    delete: (thread_id) => logs.delete(thread_id),
    forget: (thread_id) => logs.forget(thread_id),
    forgetIdle: (...args) => logs.forgetIdle(...args),
    follow: (...args) => logs.follow(...args),
    takeChanged: (limit) => logs.takeChanged(limit),
  };
  const faultySessions: SessionStore = {
    get: faulty((session_id: string) => sessions.get(session_id)),
    due: faulty((...args: Parameters<SessionStore['due']>) => sessions.due(...args)),
    list: (...args) => sessions.list(...args),
    ...(sessions.connected && {
      connected: (after, limit) => sessions.connected?.(after, limit) ?? Promise.resolve([]),
    }),
    ofThread: faulty((...args: Parameters<SessionStore['ofThread']>) => sessions.ofThread(...args)),
    counts: () => sessions.counts(),
    put: (...args) => sessions.put(...args),
    remove: (record) => sessions.remove(record),
  };
  return { ...store, logs: faultyLogs, sessions: faultySessions };
}
