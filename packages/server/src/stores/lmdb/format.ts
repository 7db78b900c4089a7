/** The database's format: read at each start, and migrated if it is an older one. */

import { encodeCursor, NO_TAG } from '@session-monitor/protocol';
import type { RunRecord, SessionRecord } from '../store.js';
import type { StoredEntry } from '../stored-entry.js';
import { FORMAT } from './directory.js';
import { placeWrites } from './entry-writes.js';
import type { Environment, Operation } from './environment.js';
import { nameKey } from './keys.js';
import { writeRun } from './lmdb-runs.js';
import { writeSession } from './lmdb-sessions.js';
import { decodeJson, encodeJson } from './record.js';
import { readThread, writeThread } from './thread-record.js';

const FORMAT_KEY = nameKey('format');

/** The database's format; undefined for one that is new. */
export function readFormat(environment: Environment): number | undefined {
  const value = environment.get('meta', FORMAT_KEY);
  return value && decodeJson<{ format: number }>(FORMAT_KEY, value).format;
}

/** The writes, all in one commit, that make the database one of this format; none if it is. */
export function migration(environment: Environment): readonly Operation[] {
  const format = readFormat(environment);
  if (format === FORMAT) return [];
  const value = encodeJson(FORMAT_KEY, { format: FORMAT });
  const sessions = format === 1 ? sessionsOfFormat1(environment) : [];
  const runs = format !== undefined && format <= 3 ? runsOfFormat3(environment) : [];
  return [
    ...[...sessions, ...runs, ...entriesOfFormat4(environment)],
    { table: 'meta', key: FORMAT_KEY, value },
  ];
}

/**
 * Formats up to 4 had no list of threads. The migration enters threads with replies, by when those began and ended.
 * They have no owner: the first message may be trimmed, and its user was not always confirmed.
 */
function* entriesOfFormat4(environment: Environment): Generator<Operation> {
  const entries = new Map<string, StoredEntry>();
  for (const { key, value } of environment.range('runs', {})) {
    const { thread_id, log_id, started_at, ended_at } = decodeJson<RunRecord>(key, value);
    if (log_id !== thread_id) continue;
    const before = entries.get(thread_id);
    entries.set(thread_id, {
      user_id: null,
      metadata: {},
      created_at: Math.min(started_at, before?.created_at ?? started_at),
      last_activity: Math.floor(Math.max(ended_at ?? started_at, before?.last_activity ?? 0)),
    });
  }
  for (const [thread_id, entry] of entries) {
    const record = readThread(environment, thread_id);
    if (!record) continue;
    yield writeThread(thread_id, { ...record, entry });
    yield* placeWrites(thread_id, undefined, entry);
  }
}

/** Formats up to 3 had no indexes of runs, and no client could attach to a run. */
type RunRecord3 = Omit<RunRecord, 'cursor' | 'fingerprint' | 'node' | 'lease_until'>;

function* runsOfFormat3(environment: Environment): Generator<Operation> {
  // A cursor of no log: a client that attaches gets a reset.
  const cursor = encodeCursor({ epoch: NO_TAG, offset: 0, tag: NO_TAG });
  for (const { key, value } of environment.range('runs', {})) {
    const old = decodeJson<RunRecord3>(key, value);
    yield* writeRun({ ...old, cursor, fingerprint: '', node: '', lease_until: 0 });
  }
}

/**
 * Format 2 had no journal. An empty journal means that everything is in `logs`. Its batches stay readable.
 *
 * Format 1 knew neither dialects nor positions, and had no index by thread.
 */
type SessionRecord1 = Omit<SessionRecord, 'dialect' | 'position' | 'stay'>;

function* sessionsOfFormat1(environment: Environment): Generator<Operation> {
  for (const { key, value } of environment.range('sessions', {})) {
    const old = decodeJson<SessionRecord1>(key, value);
    yield* writeSession(old.session_id, {
      ...old,
      dialect: 2,
      position: old.start,
      stay: {
        connection: '',
        transport: 'polling',
        connected_at: old.created_at,
        active_at: old.since,
        pinged_at: null,
      },
    });
  }
}
