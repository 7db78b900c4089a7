/**
 * Sessions on LMDB, with an index by due time and one by thread. This process is the only writer, so it decides a
 * write at the moment of the call, against the newest record, flushed or not.
 */

import { isExpectedSession } from '../expected-session.js';
import type {
  SessionCounts,
  SessionKey,
  SessionRecord,
  SessionStore,
  SessionVersion,
} from '../store.js';
import type { Operation } from './environment.js';
import type { LmdbTools } from './group-commit.js';
import {
  dueKey,
  followingKey,
  followingRange,
  nameKey,
  sessionOfDueKey,
  sessionOfFollowingKey,
} from './keys.js';
import { decodeJson, encodeJson, MARK } from './record.js';
import { LmdbSessionCounts, type RecordPart } from './session-counts.js';

export interface LmdbSessionsDeps extends LmdbTools {
  /** Resolves when the present turn of the event loop is over. */
  readonly turn: () => Promise<void>;
}

export class LmdbSessions implements SessionStore {
  /** Records that are being flushed; null is being removed. */
  readonly #inFlight = new Map<string, SessionRecord | null>();
  readonly #counts: LmdbSessionCounts;
  readonly #tools: LmdbTools;

  constructor(deps: LmdbSessionsDeps) {
    this.#tools = deps;
    const read = (after: string, limit: number) => this.#newestAfter(after, limit);
    this.#counts = new LmdbSessionCounts({ read, turn: deps.turn });
  }

  async get(session_id: string): Promise<SessionRecord | undefined> {
    return this.#newest(session_id);
  }

  async put(record: SessionRecord, expected: SessionVersion | undefined): Promise<boolean> {
    const current = this.#newest(record.session_id);
    if (!isExpectedSession(current, expected)) return false;
    const { gate } = this.#tools;
    if (!current) gate.require('session', record.thread_id);
    // A client waits for its registration.
    else if (record.generation !== current.generation) gate.requireCommits(record.thread_id);
    await this.#write(record.session_id, record, current);
    return true;
  }

  async remove(record: SessionKey): Promise<boolean> {
    const current = this.#newest(record.session_id);
    if (!isExpectedSession(current, record)) return false;
    await this.#write(record.session_id, null, current);
    return true;
  }

  async due(wall: number, limit: number): Promise<readonly SessionRecord[]> {
    const records: SessionRecord[] = [];
    for (const { key } of this.#tools.environment.range('due', { end: dueKey(wall + 1, '') })) {
      if (records.length === limit) break;
      const record = this.#newest(sessionOfDueKey(key));
      if (record?.due_at != null && record.due_at <= wall) records.push(record);
    }
    return records;
  }

  async list(after: string, limit: number): Promise<readonly SessionRecord[]> {
    const range = this.#tools.environment.range('sessions', {
      start: nameKey(`${after}\0`),
      limit,
    });
    return Array.from(range, ({ key, value }) => decodeJson<SessionRecord>(key, value));
  }

  async ofThread(
    thread_id: string,
    after: string,
    limit: number,
  ): Promise<readonly SessionRecord[]> {
    const records: SessionRecord[] = [];
    for (const { key } of this.#tools.environment.range(
      'followings',
      followingRange(thread_id, after),
    )) {
      if (records.length === limit) break;
      const record = this.#newest(sessionOfFollowingKey(key));
      if (record) records.push(record);
    }
    return records;
  }

  counts(): Promise<SessionCounts> {
    return this.#counts.all();
  }

  /** Records as they are at this moment: those in the file, and what is being flushed between them. */
  #newestAfter(after: string, limit: number): RecordPart {
    const start = nameKey(`${after}\0`);
    const stored = Array.from(
      this.#tools.environment.range('sessions', { start, limit }),
      ({ key }) => key.toString('utf8'),
    );
    const last = stored.length < limit ? undefined : stored.at(-1);
    const ids = new Set(stored);
    for (const id of this.#inFlight.keys()) {
      if (id > after && (last === undefined || id <= last)) ids.add(id);
    }
    const records = [...ids].flatMap((id) => this.#newest(id) ?? []);
    return { records, last };
  }

  #newest(session_id: string): SessionRecord | undefined {
    const inFlight = this.#inFlight.get(session_id);
    // mutant: in-flight-records-are-not-seen
    if (inFlight !== undefined) return inFlight ?? undefined;
    const key = nameKey(session_id);
    const value = this.#tools.environment.get('sessions', key);
    return value && decodeJson<SessionRecord>(key, value);
  }

  async #write(
    session_id: string,
    record: SessionRecord | null,
    replaced: SessionRecord | undefined,
  ): Promise<void> {
    const operations = writeSession(session_id, record, replaced);
    this.#counts.written(session_id, replaced, record);
    this.#inFlight.set(session_id, record);
    try {
      await this.#tools.commits.write(() => operations);
    } finally {
      if (this.#inFlight.get(session_id) === record) this.#inFlight.delete(session_id);
    }
  }
}

/** The writes that replace a record, its index entries included. */
export function writeSession(
  session_id: string,
  record: SessionRecord | null,
  replaced?: Pick<SessionRecord, 'due_at' | 'thread_id'>,
): readonly Operation[] {
  const key = nameKey(session_id);
  return [
    ...(replaced ? indexEntries(session_id, replaced, null) : []),
    ...(record ? indexEntries(session_id, record, MARK) : []),
    { table: 'sessions', key, value: record && encodeJson(key, record) },
  ];
}

function indexEntries(
  session_id: string,
  { due_at, thread_id }: Pick<SessionRecord, 'due_at' | 'thread_id'>,
  value: Buffer | null,
): readonly Operation[] {
  const following = followingKey(thread_id, session_id);
  return [
    { table: 'followings', key: following, value },
    ...(due_at === null ? [] : [{ table: 'due' as const, key: dueKey(due_at, session_id), value }]),
  ];
}
