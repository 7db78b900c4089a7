import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bookkeeping, type Environment, openEnvironment, type Table } from './environment.js';
import { openLmdbStore } from './index.js';
import { scan } from './scan.js';

const PACE = { roundBytes: 1, roundBatches: 1, stepBytes: 1, stepBatches: 1 };
const event = (n: number): string => JSON.stringify(['e', n]);
const path = mkdtempSync(join(tmpdir(), 'session-monitor-scan-'));

type Database = Environment & Bookkeeping;
let sound: Database;

beforeAll(async () => {
  const store = await openLmdbStore({ path, pace: PACE });
  for (let n = 1; n <= 5; n += 1) {
    await store.logs.append('t', [event(n)], { message_id: `m${n}` });
    await store.logs.append('u', [event(n)]);
  }
  await store.runs.start({
    run_id: 'r',
    thread_id: 't',
    log_id: 't',
    cursor: '',
    fingerprint: '',
    node: '',
    lease_until: 0,
    started_at: 1,
  });
  await store.close();
  sound = await openEnvironment({ path, readOnly: true });
});

afterAll(async () => {
  await sound.close();
  rmSync(path, { recursive: true, force: true });
});

const look = (database: Database) => () => scan(database, () => false);

describe('a scan of every record', () => {
  test('finds nothing in a sound database', () => {
    expect(sound.count('logs')).toBeGreaterThan(3);
    expect(look(sound)).not.toThrow();
  });

  test('stops when it is out of time', () => {
    const database = { ...sound, count: () => -1 };
    expect(look(database)).toThrow();
    expect(() => scan(database, () => true)).not.toThrow();
  });

  /** A page that is damaged shows its records in another way than they were written. */
  const showing = (
    table: Table,
    change: (entries: ReturnType<typeof entriesOf>) => ReturnType<typeof entriesOf>,
  ): Database => ({
    ...sound,
    range: (name, range) => (name === table ? change(entriesOf(table)) : sound.range(name, range)),
  });
  const entriesOf = (table: Table) => Array.from(sound.range(table, {}));

  test('notices a record that is hidden, in every table that has any', () => {
    for (const table of ['meta', 'threads', 'logs', 'messages', 'runs', 'run_ends'] as const) {
      expect(look(showing(table, (entries) => entries.slice(0, -1)))).toThrow(/damaged/);
    }
  });

  test('notices a hole in a log, also where LMDB counts as few records', () => {
    const hidden = showing('logs', (entries) => entries.filter((_, index) => index !== 1));
    const database = { ...hidden, count: (table: Table) => [...hidden.range(table, {})].length };
    expect(look(database)).toThrow(/follows offset/);
  });

  test('notices records that are out of order', () => {
    expect(look(showing('messages', (entries) => entries.reverse()))).toThrow(/out of order/);
  });

  test('notices a record that is not found under its key: a thread, a message id, a place in an index', () => {
    for (const table of ['threads', 'messages', 'run_ends', 'runs_of_threads'] as const) {
      const database: Database = {
        ...sound,
        get: (name, key) => (name === table ? undefined : sound.get(name, key)),
      };
      expect(look(database)).toThrow(/not found/);
    }
  });

  test('notices a record of another key', () => {
    const database = showing('threads', ([first, second]) =>
      first && second ? [first, { key: second.key, value: first.value }] : [],
    );
    expect(look(database)).toThrow(/checksum/);
  });
});
