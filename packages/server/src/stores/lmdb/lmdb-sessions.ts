/**
 * Sessions on LMDB, with an index by when they fall due. A write is decided against the newest record,
 * flushed or not, at the moment it is asked for; this process is the only writer.
 */

import type { SessionRecord, SessionStore } from '../store.js';
import type { Environment, Operation } from './environment.js';
import type { GroupCommit } from './group-commit.js';
import { dueKey, nameKey, sessionOfDueKey } from './keys.js';
import { decodeJson, encodeJson } from './record.js';

export class LmdbSessions implements SessionStore {
  /** Records that are being flushed; null is being removed. */
  readonly #inFlight = new Map<string, SessionRecord | null>();
  readonly #environment: Environment;
  readonly #commits: GroupCommit;

  constructor(environment: Environment, commits: GroupCommit) {
    this.#environment = environment;
    this.#commits = commits;
  }

  async get(session_id: string): Promise<SessionRecord | undefined> {
    return this.#newest(session_id);
  }

  async put(record: SessionRecord, expected: number): Promise<boolean> {
    const current = this.#newest(record.session_id);
    if ((current?.generation ?? 0) !== expected) return false;
    await this.#write(record.session_id, record, current);
    return true;
  }

  async remove(session_id: string, expected: number): Promise<boolean> {
    const current = this.#newest(session_id);
    if (current?.generation !== expected) return false;
    await this.#write(session_id, null, current);
    return true;
  }

  async due(wall: number, limit: number): Promise<readonly SessionRecord[]> {
    const records: SessionRecord[] = [];
    for (const { key } of this.#environment.range('due', { end: dueKey(wall + 1, '') })) {
      if (records.length === limit) break;
      const record = this.#newest(sessionOfDueKey(key));
      if (record?.due_at != null && record.due_at <= wall) records.push(record);
    }
    return records;
  }

  async list(after: string, limit: number): Promise<readonly SessionRecord[]> {
    const range = this.#environment.range('sessions', { start: nameKey(`${after}\0`), limit });
    return Array.from(range, ({ key, value }) => decodeJson<SessionRecord>(key, value));
  }

  #newest(session_id: string): SessionRecord | undefined {
    const inFlight = this.#inFlight.get(session_id);
    if (inFlight !== undefined) return inFlight ?? undefined;
    const key = nameKey(session_id);
    const value = this.#environment.get('sessions', key);
    return value && decodeJson<SessionRecord>(key, value);
  }

  async #write(
    session_id: string,
    record: SessionRecord | null,
    replaced: SessionRecord | undefined,
  ): Promise<void> {
    const key = nameKey(session_id);
    const operations: Operation[] = [
      { table: 'sessions', key, value: record && encodeJson(key, record) },
    ];
    if (replaced?.due_at != null) {
      operations.push({ table: 'due', key: dueKey(replaced.due_at, session_id), value: null });
    }
    if (record?.due_at != null) {
      operations.push({
        table: 'due',
        key: dueKey(record.due_at, session_id),
        value: Buffer.of(1),
      });
    }
    this.#inFlight.set(session_id, record);
    try {
      await this.#commits.write(() => operations);
    } finally {
      if (this.#inFlight.get(session_id) === record) this.#inFlight.delete(session_id);
    }
  }
}
