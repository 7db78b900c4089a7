/** The LMDB store opens directories of earlier formats: it migrates them once. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Store } from '@session-monitor/server';
import { type Operation, openLmdbStore } from '@session-monitor/server/lmdb';
import { describe, expect } from 'vitest';
import { type Lab, test } from '../support/lab.js';
import { openWithTables } from '../support/lmdb.js';
import { newRun } from '../support/records.js';

const event = (n: number): string => JSON.stringify(['e', n]);

/** A directory as an earlier format had it: a current one whose mark is changed, with records of that format. */
async function directoryOf(
  lab: Lab,
  format: number,
  { records, fill }: { records: readonly Operation[]; fill(store: Store): Promise<unknown> },
): Promise<string> {
  const path = await lab.folder();
  const { store, environment } = await openWithTables({ path });
  await fill(store);
  const key = Buffer.from('format');
  const mark: Operation = { table: 'meta', key, value: sealedJson(key, { format }) };
  await environment.commit([...records, mark]);
  await store.close();
  await writeFile(join(path, 'session-monitor.json'), JSON.stringify({ store: 'lmdb', format }));
  return path;
}

const formatOf = async (path: string): Promise<unknown> =>
  JSON.parse(await readFile(join(path, 'session-monitor.json'), 'utf8')).format;

describe('the LMDB store', () => {
  test('migrates a directory of format 1: its sessions are found by thread', async (lab) => {
    const path = await directoryOf(lab, 1, {
      records: [1, 2].map((n) => format1Session(`session-${n}`)),
      fill: ({ logs }) => logs.append('t', [event(1)], { message_id: 'm' }),
    });
    const store = await openLmdbStore({ path });
    const found = await store.sessions.ofThread('t', '', 10);
    const facts = found.map(({ session_id, dialect, position }) => [session_id, dialect, position]);
    expect(facts).toEqual([
      ['session-1', 2, 'epoch.0.0'],
      ['session-2', 2, 'epoch.0.0'],
    ]);
    expect(await store.sessions.counts()).toEqual({ connected: 2, disconnected: 0, expired: 0 });
    const repeated = await store.logs.append('t', [event(2)], { message_id: 'm' });
    expect(repeated.outcome).toBe('duplicate');
    await store.close();
    expect(await formatOf(path)).toBe(5);
    // The store opens a directory of this format as it is.
    const again = await openLmdbStore({ path });
    expect((await again.sessions.ofThread('t', '', 10)).length).toBe(2);
    await again.close();
  });

  test('migrates a directory of format 3: its runs are found by thread and by their end', async (lab) => {
    const path = await directoryOf(lab, 3, {
      records: [format3Run('run-a', 'completed', 5_000), format3Run('run-b', 'running', null)],
      fill: ({ logs }) => logs.append('t', [event(1)]),
    });
    const store = await openLmdbStore({ path });
    lab.defer(() => store.close());
    expect((await store.runs.open()).map(({ run_id }) => run_id)).toEqual(['run-b']);
    const found = await store.runs.ofThread('t', '', 10);
    expect(found.map(({ run_id, status }) => [run_id, status])).toEqual([
      ['run-a', 'completed'],
      ['run-b', 'running'],
    ]);
    expect((await store.runs.prune(5_001, 10)).map(({ run_id }) => run_id)).toEqual(['run-a']);
    expect((await store.runs.ofThread('t', '', 10)).length).toBe(1);
    expect((await store.logs.read('t', 0, { maxBytes: 1_000 })).batches.length).toBe(1);
  });

  test('migrates a directory of format 4: threads with replies are in the list, without owners', async (lab) => {
    const threads = ['asked', 'asked-twice', 'published', 'private'];
    const path = await directoryOf(lab, 4, {
      records: [
        ...format4Run('run-a', 'asked', 1_000, 5_000),
        ...format4Run('run-b', 'asked-twice', 2_000, 3_000),
        ...format4Run('run-c', 'asked-twice', 6_000, null),
        ...format4Run('run-d', 'private', 7_000, 8_000, 'private~run.run-d'),
        ...format4Run('run-e', 'erased-since', 7_000, 8_000),
      ],
      fill: async ({ logs }) => {
        for (const thread of threads) await logs.append(thread, [event(1)]);
      },
    });
    const facts = async (store: Store) => {
      const entries = await store.threads.list({ limit: 10 });
      return entries.map(({ thread_id, created_at, last_activity, running, ...entry }) => {
        expect(entry).toEqual({ title: null, user_id: null, metadata: {}, head: 1 });
        return [thread_id, created_at, last_activity, running];
      });
    };
    const expected = [
      ['asked-twice', 2_000, 6_000, true],
      ['asked', 1_000, 5_000, false],
    ];
    const store = await openLmdbStore({ path });
    expect(await facts(store)).toEqual(expected);
    await store.close();
    // The store checks a directory of this format as such, and opens it as it is.
    const again = await openLmdbStore({ path });
    lab.defer(() => again.close());
    expect(await facts(again)).toEqual(expected);
    const touch = { user_id: 'ann', title: 'Why?' };
    await again.logs.append('asked', [event(2)], { touch });
    expect(await again.threads.get('asked')).toMatchObject(touch);
    expect(await formatOf(path)).toBe(5);
  });
});

/** A run as formats 1 to 3 wrote it. */
function format3Run(run_id: string, status: string, ended_at: number | null) {
  const key = Buffer.from(run_id);
  const ids = { run_id, thread_id: 't', log_id: 't' };
  const value = sealedJson(key, { ...ids, started_at: 0, token: 1, status, ended_at });
  return { table: 'runs', key, value } as const;
}

/** A run as format 4 wrote it. */
function format4Run(
  run_id: string,
  thread_id: string,
  started_at: number,
  ended_at: number | null,
  log_id = thread_id,
) {
  const key = Buffer.from(run_id);
  const status = ended_at === null ? 'running' : 'completed';
  const ids = { ...newRun(run_id), thread_id, log_id };
  const value = sealedJson(key, { ...ids, started_at, token: 1, status, ended_at });
  const due = Buffer.alloc(8 + run_id.length);
  due.writeBigUInt64BE(BigInt(ended_at ?? 0));
  due.write(run_id, 8);
  const mark = Buffer.of(1);
  return [
    { table: 'runs', key, value },
    { table: 'run_ends', key: due, value: mark },
    { table: 'runs_of_threads', key: Buffer.from(`${thread_id}\0${run_id}`), value: mark },
  ] as const;
}

/** A session as format 1 wrote it. */
function format1Session(session_id: string) {
  const key = Buffer.from(session_id);
  const value = sealedJson(key, {
    session_id,
    secret: 'a-secret-of-some-length',
    thread_id: 't',
    user_id: null,
    instance: 'an-instance-of-some-length',
    attempt: 1,
    generation: 1,
    created_at: 0,
    node: 'node',
    start: 'epoch.0.0',
    state: 'connected',
    since: 0,
    due_at: null,
  });
  return { table: 'sessions', key, value } as const;
}

/** A JSON record as the store writes it: with a CRC-32 over its key and its text. */
function sealedJson(key: Buffer, value: object): Buffer {
  const text = Buffer.from(JSON.stringify(value));
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32(text, crc32(key)));
  return Buffer.concat([text, checksum]);
}
