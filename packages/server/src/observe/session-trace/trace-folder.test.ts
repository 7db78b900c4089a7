import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { filesToRemove, listFiles, nameOfFile, prepareFolder } from './trace-folder.js';

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'session-monitor-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
};

const file = (number: number, bytes: number, writtenAt: number) => ({
  path: `/${number}`,
  number,
  pid: 1,
  bytes,
  writtenAt,
});

test('the oldest files go when all are too large, and those that are too old', () => {
  const files = [file(1, 50, 10), file(2, 50, 20), file(3, 50, 30)];
  const gone = (maxBytes: number, since: number) =>
    filesToRemove(files, { maxBytes, since }).map(({ number }) => number);
  expect(gone(150, 0)).toEqual([]);
  expect(gone(149, 0)).toEqual([1]);
  expect(gone(99, 0)).toEqual([1, 2]);
  // The newest one is being written.
  expect(gone(1, 0)).toEqual([1, 2]);
  expect(gone(1_000, 20)).toEqual([1]);
  expect(gone(1_000, 31)).toEqual([1, 2, 3]);
});

test('a thousand files stay, however small they are', () => {
  const files = Array.from({ length: 1_002 }, (_, number) => file(number, 1, 10));
  const gone = filesToRemove(files, { maxBytes: 1e6, since: 0 });
  expect(gone.map(({ number }) => number)).toEqual([0, 1]);
});

test('files are in the order of their numbers; other files, links and folders are none of them', async () => {
  const path = folder();
  for (const name of [nameOfFile(10, 7), nameOfFile(9, 8), 'trace.jsonl', 'notes.txt'])
    writeFileSync(join(path, name), 'x');
  symlinkSync('/etc/passwd', join(path, nameOfFile(11, 7)));
  mkdirSync(join(path, nameOfFile(12, 7)));
  const files = await listFiles(path);
  expect(files.map(({ number, pid, bytes }) => [number, pid, bytes])).toEqual([
    [9, 8, 1],
    [10, 7, 1],
  ]);
  expect(await listFiles(join(path, 'missing'))).toEqual([]);
});

test('a folder is made for this user alone, and one that others can read is refused', async () => {
  const path = join(folder(), 'deep', 'trace');
  await prepareFolder(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  await expect(prepareFolder('/proc/trace')).rejects.toMatchObject({ code: 'ENOENT' });
  chmodSync(path, 0o750);
  await expect(prepareFolder(path)).rejects.toMatchObject({
    code: 'ERR_STORE_PERMISSIONS',
    message: expect.stringContaining(`chmod -R go-rwx ${path}`),
  });
});
