import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fakeClock } from '../../../../testing/src/fake-clock.js';
import { lastLineBefore } from './former-process.js';
import { LineWriter } from './line.js';
import { idIn, KEYS, parseRaw } from './raw-line.js';
import { TraceFiles, type TraceFilesOptions } from './trace-files.js';
import { nameOfFile } from './trace-folder.js';

const MIB = 1024 * 1024;
/** A process id that no process has. */
const DEAD = 2 ** 22 + 1;

function stage(options: Partial<TraceFilesOptions> = {}) {
  const root = mkdtempSync(join(tmpdir(), 'session-monitor-'));
  const directory = options.directory ?? join(root, 'trace');
  const clock = fakeClock({ wall: Date.now() });
  const said: string[] = [];
  const files = new TraceFiles({
    directory,
    maxBytes: MIB,
    maxAgeMs: 3_600_000,
    clock,
    onStopped: ({ message }) => said.push(`stopped: ${message}`),
    onResumed: (code, dropped) => said.push(`resumed: ${code} ${dropped}`),
    ...options,
  });
  onTestFinished(async () => {
    await files.close();
    rmSync(root, { recursive: true });
  });
  const writer = new LineWriter('node-1', clock.wall());
  const add = (thread_id = 't', pad = '') =>
    files.append(writer.write(clock.wall(), 'run_started', { thread_id, pad }));
  const seqs = async () => {
    const seen: number[] = [];
    await files.scan((raw) => {
      const line = parseRaw(raw);
      if (line) seen.push(line.seq);
      return true;
    });
    return seen;
  };
  const names = () => readdirSync(directory).sort();
  return { root, directory, clock, files, add, seqs, names, said };
}

test('lines are written together after 250 ms, to files for this user alone', async () => {
  const { directory, clock, add, seqs, names } = stage();
  for (let n = 0; n < 3; n += 1) add();
  await clock.advance(249);
  expect(clock.pending).toBeGreaterThan(0);
  await clock.advance(1);
  // A question waits for the write that is under way.
  expect(await seqs()).toEqual([3, 2, 1]);
  const [name = ''] = names();
  expect(name).toBe(nameOfFile(1, process.pid));
  expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(readFileSync(join(directory, name), 'utf8').split('\n')).toHaveLength(4);
});

test('files are rotated by size, and the oldest go', async () => {
  const { directory, add, seqs, names } = stage();
  for (let round = 0; round < 60; round += 1) {
    for (let n = 0; n < 100; n += 1) add('t', 'x'.repeat(200));
    await seqs();
  }
  const sizes = names().map((name) => statSync(join(directory, name)).size);
  const all = sizes.reduce((sum, size) => sum + size, 0);
  expect(names().length).toBeGreaterThan(8);
  // The one that is being written comes on top.
  expect(all).toBeLessThan(MIB + 2 * (MIB / 16));
  const kept = await seqs();
  expect(kept).toEqual(kept.map((_, index) => 6_000 - index));
  expect(kept.length).toBeLessThan(6_000);
});

test('files are rotated by age, and old ones go, also if nothing is written', async () => {
  const { clock, add, seqs, names } = stage();
  add();
  expect(await seqs()).toEqual([1]);
  await clock.advance(3_600_000 / 16);
  add();
  expect(await seqs()).toEqual([2, 1]);
  expect(names()).toHaveLength(2);
  await clock.advance(2 * 3_600_000);
  await seqs();
  // The one that is being written stays until there is another.
  expect(names()).toEqual([nameOfFile(2, process.pid)]);
});

test('a torn line, a foreign file and a foreign line are passed over, and left as they are', async () => {
  const { directory, add, seqs, names } = stage();
  add();
  add();
  await seqs();
  const own = join(directory, names()[0] ?? '');
  truncateSync(own, statSync(own).size - 5);
  writeFileSync(join(directory, nameOfFile(9, DEAD)), Buffer.from([0, 255, 10, 123, 10, 34]));
  writeFileSync(join(directory, 'notes.txt'), '{"time":1}\n');
  appendFileSync(join(directory, nameOfFile(9, DEAD)), '\n{"time":"soon"}\nnull\n[1]\n');
  expect(await seqs()).toEqual([1]);
  add();
  expect(await seqs()).toEqual([1]);
  expect(readFileSync(join(directory, 'notes.txt'), 'utf8')).toBe('{"time":1}\n');
});

test('an erased thread is overwritten in every file, and the age of the file stays', async () => {
  const { directory, files, add, seqs, names } = stage();
  for (const thread of ['kept', 'secret', 'kept']) add(thread);
  await seqs();
  const path = join(directory, names()[0] ?? '');
  const { size } = statSync(path);
  utimesSync(path, 1_000, 1_000);
  await files.erase((raw) => idIn(raw, KEYS.thread_id) === 'secret');
  const text = readFileSync(path, 'utf8');
  expect(text).not.toContain('secret');
  expect(text).toHaveLength(size);
  expect(statSync(path).mtimeMs).toBe(1_000_000);
  expect(await seqs()).toEqual([3, 1]);
});

test('when its files cannot be written it stops, says so once, and goes on when they can', async () => {
  const { directory, clock, files, add, seqs, said } = stage();
  writeFileSync(directory, 'a file where the folder should be');
  for (let round = 0; round < 3; round += 1) {
    add();
    expect(await seqs()).toEqual([]);
  }
  expect(files.stopped?.code).toBe('ENOTDIR');
  expect(said).toEqual([expect.stringContaining('stopped: ')]);
  await clock.advance(10_000);
  add();
  expect(await seqs()).toEqual([]);
  expect(said).toHaveLength(1);
  rmSync(directory);
  await clock.advance(10_000);
  add();
  expect(await seqs()).toEqual([5]);
  expect([files.stopped, files.dropped]).toEqual([undefined, 4]);
  expect(said[1]).toMatch(/^resumed: \w+ 4$/);
});

test('a file that another program has removed is followed by a new one', async () => {
  const { directory, add, seqs, names } = stage();
  add();
  await seqs();
  unlinkSync(join(directory, names()[0] ?? ''));
  add();
  expect(await seqs()).toEqual([2]);
});

test('two processes in one folder write to files for themselves', async () => {
  const one = stage();
  const other = stage({ directory: one.directory });
  one.add();
  await one.seqs();
  other.add();
  await other.seqs();
  one.add();
  expect((await one.seqs()).sort()).toEqual([1, 1, 2]);
  expect(one.names()).toHaveLength(2);
});

test('the last line of the process before is known, unless that may live', async () => {
  const { directory, add, seqs } = stage();
  expect(await lastLineBefore(join(directory, 'missing'))).toBeUndefined();
  add();
  await seqs();
  const writer = new LineWriter('node-0', 0);
  const lines = ['process_started', 'process_stopped'].map((step) => writer.write(5, step, {}));
  // In a container each process has the same id.
  writeFileSync(join(directory, nameOfFile(4, process.pid)), `${lines.join('')}{"torn`);
  writeFileSync(join(directory, nameOfFile(5, DEAD)), '');
  expect(await lastLineBefore(directory)).toMatchObject({
    node: 'node-0',
    step: 'process_stopped',
  });
  writeFileSync(join(directory, nameOfFile(6, process.ppid)), lines.join(''));
  expect(await lastLineBefore(directory)).toBeUndefined();
});

test('a gigabyte takes bounded memory, and leaves the event loop its turns', async () => {
  const { directory, add, seqs } = stage();
  add();
  await seqs();
  // It takes no room on the disk.
  const large = join(directory, nameOfFile(0, DEAD));
  writeFileSync(large, '');
  truncateSync(large, 1024 * MIB);
  const before = process.memoryUsage.rss();
  let turns = 0;
  let highest = 0;
  const timer = setInterval(() => {
    turns += 1;
    highest = Math.max(highest, process.memoryUsage.rss());
  }, 1);
  try {
    expect(await seqs()).toEqual([1]);
  } finally {
    clearInterval(timer);
  }
  expect(turns).toBeGreaterThan(20);
  expect(highest - before).toBeLessThan(100 * MIB);
});
