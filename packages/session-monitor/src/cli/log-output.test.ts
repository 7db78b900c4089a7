import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LogOutput } from './log-output.js';

function setUp(path: string) {
  const fd = openSync(path, 'a');
  onTestFinished(() => closeSync(fd));
  return new LogOutput(fd);
}

test('writes lines in their order, and the rest at the end of the process', async () => {
  const path = join(tmpdir(), `log-output-${process.pid}`);
  onTestFinished(() => rmSync(path, { force: true }));
  const output = setUp(path);
  output.write('one\n');
  output.write('two\n');
  await expect.poll(() => readFileSync(path, 'utf8')).toBe('one\ntwo\n');
  output.write('three\n');
  output.write('four\n');
  output.flushSync();
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\nthree\nfour\n');
});

test('drops lines for which there is no room, now and at the end of the process', async () => {
  const output = setUp('/dev/full');
  output.write('one\n');
  await new Promise((resolve) => setImmediate(resolve));
  output.write('two\n');
  output.flushSync();
});

test('keeps at most so many lines for a reader that is slow', () => {
  const path = join(tmpdir(), `log-output-limit-${process.pid}`);
  onTestFinished(() => rmSync(path, { force: true }));
  const output = setUp(path);
  const line = `${'x'.repeat(1024 * 1024 - 1)}\n`;
  for (let n = 0; n < 10; n += 1) output.write(line);
  output.flushSync();
  // The first one was under way already.
  expect(readFileSync(path, 'utf8').length).toBe(5 * line.length);
});
