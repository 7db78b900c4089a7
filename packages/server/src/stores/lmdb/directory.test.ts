import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { FORMAT, inspectDirectory } from './directory.js';

function directoryWith(format: unknown, ...names: readonly string[]): string {
  const path = mkdtempSync(join(tmpdir(), 'session-monitor-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  const marker = JSON.stringify({ store: 'lmdb', format });
  writeFileSync(join(path, 'session-monitor.json'), marker);
  for (const name of names) writeFileSync(join(path, name), '');
  return path;
}

test('a directory of a newer version is of another format, whatever files that version keeps there', () => {
  const newer = directoryWith(FORMAT + 1, 'data.mdb', 'segments.idx');
  expect(() => inspectDirectory(newer)).toThrow(
    expect.objectContaining({
      code: 'ERR_STORE_FORMAT',
      message: expect.stringContaining(`is of format ${FORMAT + 1}, this version reads formats`),
    }),
  );
});

test('a file that is not ours makes a directory of a known format foreign', () => {
  const foreign = directoryWith(FORMAT, 'data.mdb', 'thesis.txt');
  expect(() => inspectDirectory(foreign)).toThrow(
    expect.objectContaining({
      code: 'ERR_STORE_FOREIGN',
      message: expect.stringContaining("it holds 'thesis.txt', so"),
    }),
  );
});

test("the folder of the session trace is not the store's, whatever is in it", () => {
  const path = directoryWith(FORMAT, 'data.mdb');
  mkdirSync(join(path, 'trace'));
  writeFileSync(join(path, 'trace', 'trace-000000001-1.jsonl'), '');
  expect(inspectDirectory(path)).toBe('ours');
  for (const name of ['session-monitor.json', 'data.mdb']) rmSync(join(path, name));
  expect(inspectDirectory(path)).toBe('empty');
});

test('the announcement of a backup is ours', () => {
  expect(inspectDirectory(directoryWith(FORMAT, 'data.mdb', 'backup-123'))).toBe('ours');
});
