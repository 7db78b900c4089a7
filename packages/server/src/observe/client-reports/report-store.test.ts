import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../util/manual-clock.fixture.js';
import { isErased } from '../session-trace/raw-line.js';
import { ReportFiles } from './report-files.js';
import { ReportMemory } from './report-memory.js';
import { MAX_REPORTS, type ReportStore, reportsToRemove } from './report-store.js';
import { headOf, readReport, writeReport } from './report-text.js';

const MAX_AGE_MS = 60_000;
/** Files have the time of their system. */
const newClock = () => Object.assign(new ManualClock(), { wall: () => Date.now() });
const idOf = (n: number): string => `session-of-a-test-${n}`;
const reportOf = (session_id: string, thread_id = 't', time = 1_000) =>
  writeReport(
    { time, node: 'node', session_id, thread_id },
    { note: 'It "stops"\u0085', diagnostics: { deep: [1, { '\u202e': '\u009b' }] } },
  );

test('a report comes back as it was sent, with harmless characters', () => {
  expect(readReport(reportOf('s'), undefined)).toEqual({
    node: 'node',
    received_at: 1_000,
    note: 'It "stops"\\u0085',
    requested: false,
    diagnostics: { deep: [1, { '\\u202e': '\\u009b' }] },
  });
  for (const torn of ['', '{', reportOf('s').slice(0, -9), 'no report\nat all\n']) {
    expect(readReport(torn, undefined)).toBeUndefined();
  }
});

test('a report from before the erasure of its thread is none', () => {
  expect(readReport(reportOf('s'), 1_000)).toBeUndefined();
  expect(readReport(reportOf('s'), 999)).toBeDefined();
});

test('what is too old, too many or too much together goes, the oldest first', () => {
  const report = (n: number) => ({ n, bytes: 10, writtenAt: n });
  const left = (count: number, maxBytes: number, maxAgeMs: number) => {
    const all = Array.from({ length: count }, (_, n) => report(n));
    const gone = new Set(reportsToRemove(all, { maxBytes, maxAgeMs }, count));
    return all.filter((each) => !gone.has(each)).map(({ n }) => n);
  };
  expect(left(5, 30, 100)).toEqual([2, 3, 4]);
  expect(left(5, 1_000, 2)).toEqual([3, 4]);
  expect(left(MAX_REPORTS + 2, 1e9, 1e9)).toHaveLength(MAX_REPORTS);
});

const folders: string[] = [];
let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'session-monitor-reports-'));
  folders.push(directory);
});
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

describe.each(['memory', 'files'] as const)('a store of reports in %s', (kind) => {
  const open = (maxBytes = 1e6): ReportStore => {
    const clock = newClock();
    const bounds = { maxBytes, maxAgeMs: MAX_AGE_MS };
    return kind === 'memory'
      ? new ReportMemory(bounds, clock)
      : new ReportFiles({ ...bounds, directory, clock });
  };

  test('keeps the newest of each session', async () => {
    const store = open();
    await store.put(idOf(1), reportOf(idOf(1)));
    await store.put(idOf(1), reportOf(idOf(1), 'other'));
    await store.put(idOf(2), reportOf(idOf(2)));
    expect(await store.get(idOf(1))).toBe(reportOf(idOf(1), 'other'));
    expect(await store.get(idOf(3))).toBeUndefined();
    const heads: string[] = [];
    await store.scan((head) => heads.push(head) > 0);
    expect(heads.sort()).toEqual(
      [reportOf(idOf(1), 'other'), reportOf(idOf(2))].map(headOf).sort(),
    );
    await store.close();
  });

  test('removes what was erased', async () => {
    const store = open();
    await store.put(idOf(1), reportOf(idOf(1), 'erased'));
    await store.put(idOf(2), reportOf(idOf(2), 'erased', 3_000));
    await store.put(idOf(3), reportOf(idOf(3)));
    await store.erase((raw) =>
      isErased(raw, (thread) => (thread === 'erased' ? 2_000 : undefined)),
    );
    const left = await Promise.all([1, 2, 3].map((n) => store.get(idOf(n))));
    expect(left.map((text) => text !== undefined)).toEqual([false, true, true]);
    await store.close();
  });

  test('has a bound', async () => {
    const { length } = Buffer.from(reportOf(idOf(1)));
    const store = open(2 * length);
    for (const n of [1, 2, 3]) {
      await store.put(idOf(n), reportOf(idOf(n)));
      // Files tell their ages by milliseconds.
      if (kind === 'files')
        await utimes(join(directory, `report-${idOf(n)}.json`), 1, Date.now() / 1_000 - 9 + n);
    }
    await store.put(idOf(3), reportOf(idOf(3)));
    const left = await Promise.all([1, 2, 3].map((n) => store.get(idOf(n))));
    expect(left.filter((text) => text !== undefined)).toHaveLength(2);
    expect(left[2]).toBeDefined();
    await store.close();
  });
});

describe('a store of reports in files', () => {
  const open = (on = newClock()) =>
    new ReportFiles({ directory, maxBytes: 1e6, maxAgeMs: MAX_AGE_MS, clock: on });

  test('has files for their owner alone, and leaves none half written', async () => {
    const store = open();
    await Promise.all(Array.from({ length: 20 }, () => store.put(idOf(1), reportOf(idOf(1)))));
    expect(await readdir(directory)).toEqual([`report-${idOf(1)}.json`]);
    const { mode } = await stat(join(directory, `report-${idOf(1)}.json`));
    expect((mode & 0o777).toString(8)).toBe('600');
    await store.close();
  });

  test('removes what is too old, and what a killed process has left, and nothing else', async () => {
    const on = newClock();
    const store = open(on);
    await store.put(idOf(1), reportOf(idOf(1)));
    await writeFile(join(directory, `report-${idOf(2)}.json.77`), 'half');
    await writeFile(join(directory, 'report-of-mine.txt'), 'kept');
    const long = (Date.now() - 2 * MAX_AGE_MS) / 1_000;
    for (const name of await readdir(directory)) await utimes(join(directory, name), long, long);
    expect(await store.get(idOf(1))).toBeUndefined();
    on.pass(60_000);
    await store.close();
    expect(await readdir(directory)).toEqual(['report-of-mine.txt']);
    expect(await readFile(join(directory, 'report-of-mine.txt'), 'utf8')).toBe('kept');
  });
});
