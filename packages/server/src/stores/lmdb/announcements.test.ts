import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { announce, isAnnounced, isAnnouncement, removeStale, withdraw } from './announcements.js';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'session-monitor-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

test('a backup is announced until it withdraws', () => {
  const path = folder();
  announce(path);
  expect(isAnnounced(path, process.pid)).toBe(true);
  expect(isAnnounced(path, process.ppid)).toBe(false);
  expect(readdirSync(path).every(isAnnouncement)).toBe(true);
  withdraw(path, process.pid);
  expect(readdirSync(path)).toEqual([]);
});

test('removes announcements of processes that have ended, and under its own process id', () => {
  const path = folder();
  const ended = spawnSync(process.execPath, ['--version']).pid;
  const names = ['data.mdb', `backup-${ended}`, `backup-${process.pid}`, `backup-${process.ppid}`];
  for (const name of names) writeFileSync(join(path, name), '');
  removeStale(path);
  expect(readdirSync(path).sort()).toEqual([`backup-${process.ppid}`, 'data.mdb']);
});
