import { readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect } from 'vitest';
import { fillStore } from '../support/big-store.js';
import { EVENT } from '../support/client.js';
import { COMMAND, type Command } from '../support/command.js';
import { openDisk } from '../support/disk.js';
import { type Lab, test } from '../support/lab.js';
import type { ServerProcess } from '../support/server-process.js';
import { times, until } from '../support/until.js';

const THREADS = ['alpha', 'beta', 'gamma'];

describe('a backup while the server publishes', () => {
  test('holds every event that was acknowledged before, and resets clients that are ahead of it', async (lab) => {
    const { path, target } = await places(lab);
    const server = await lab.server({ path });
    const publishing = publishOn(server);
    await until('some are acknowledged', () => publishing.acknowledged('alpha') > 50);
    const before = THREADS.map((thread) => publishing.acknowledged(thread));
    const backup = backUp(lab, path, target);
    expect([await backup.exitCode(), backup.stderr]).toEqual([0, expect.stringContaining('Verif')]);
    expect(publishing.acknowledged('alpha')).toBeGreaterThan(before[0] ?? 0);
    await publishing.stop();
    await expectOwnerOnly(target);
    expect((await readdir(path)).sort()).toEqual(['data.mdb', 'lock.mdb', 'session-monitor.json']);

    const returning = lab.client(server.url, { thread_id: 'alpha' });
    const proxy = await lab.proxy(server.url);
    const late = lab.client(proxy.url, { thread_id: 'alpha' });
    const last = publishing.acknowledged('alpha');
    for (const { seen } of [returning, late]) {
      await until('it has everything', () => seen.length === last);
    }
    proxy.refusing = true;
    await server.kill();
    await rename(path, `${path}.lost`);
    await rename(target, path);
    await server.restart();

    await until('the client is reset', () => returning.resets.length === 1);
    expect(returning.resets[0]).toMatchObject({ reason: 'cursor_ahead', from: 1 });
    // The restored log grows past what the other client has seen of the lost one.
    for (const n of times(last, (index) => 10_000 + index)) {
      await server.publish('alpha', EVENT, { n });
    }
    proxy.refusing = false;
    await until('the client is reset', () => late.resets.length === 1);
    expect(late.resets[0]).toMatchObject({ reason: 'diverged', from: 1 });

    for (const [index, thread_id] of THREADS.entries()) {
      const reader = lab.client(server.url, { thread_id });
      const head = await until('the reader is at the head', () => {
        const { state, offset, head } = reader.monitor.status;
        return state === 'live' && offset === head && reader.seen.length > 0 && head;
      });
      const restored = reader.seen.filter((n) => n < 10_000);
      expect(reader.seen.length).toBe(head);
      expect(restored).toEqual(times(restored.length, (n) => n + 1));
      expect(restored.length).toBeGreaterThanOrEqual(before[index] ?? 0);
      if (thread_id !== 'alpha') continue;
      for (const { seen } of [returning, late]) {
        await until('all read the same', () => seen.slice(last).length === reader.seen.length);
        expect(seen.slice(last)).toEqual(reader.seen);
      }
    }
  });

  test('does not keep a server from starting, and its copy is sound', async (lab) => {
    const { path, target } = await places(lab, 2);
    const backup = backUp(lab, path, target, FREEZES);
    const pid = await frozenProcess(path);
    const server = await lab.server({ path });
    await server.publish('alpha', EVENT, { n: 1 });
    process.kill(pid, 'SIGCONT');
    expect([await backup.exitCode(), backup.stderr]).toEqual([0, expect.stringContaining('Verif')]);
    expect(await server.publish('alpha', EVENT, { n: 2 })).toBe(2);
    const restored = await lab.server({ path: target });
    expect(await restored.publish('filler-0', EVENT, { n: 1 })).toBeGreaterThan(1);
  });
});

describe('a backup that does not complete', () => {
  test('killed, leaves a data directory that works and can be backed up', async (lab) => {
    const { path, target } = await places(lab, 30);
    const server = await lab.server({ path });
    const backup = backUp(lab, path, target);
    await copyHasBegun(target);
    await backup.signal('SIGKILL');
    expect(await server.publish('alpha', EVENT, { n: 1 })).toBe(1);
    expect((await names(target)).every((name) => name.includes('.incomplete-'))).toBe(true);

    await server.kill();
    await server.restart();
    expect(await server.publish('alpha', EVENT, { n: 2 })).toBe(2);
    const second = backUp(lab, path, target);
    expect(await second.exitCode()).toBe(0);
    const restored = await lab.server({ path: target });
    expect(await restored.publish('alpha', EVENT, { n: 3 })).toBe(3);
  });

  test('stopped with Ctrl-C, leaves nothing behind', async (lab) => {
    const { path, target } = await places(lab, 30);
    const server = await lab.server({ path });
    const backup = backUp(lab, path, target);
    await copyHasBegun(target);
    expect(await backup.signal('SIGINT')).toBe(130);
    expect(backup.stderr).toMatch(/\nStopped\. Nothing was left behind\.\n$/);
    expect(await names(target)).toEqual([]);
    expect((await readdir(path)).sort()).toEqual(['data.mdb', 'lock.mdb', 'session-monitor.json']);
    expect(await server.publish('alpha', EVENT, { n: 1 })).toBe(1);
  });

  test('without its parent, ends and withdraws its announcement', async (lab) => {
    const { path, target } = await places(lab, 30);
    const backup = backUp(lab, path, target);
    await copyHasBegun(target);
    process.kill(backup.pid, 'SIGKILL');
    await backup.exitCode();
    await until('it has withdrawn', async () =>
      (await readdir(path)).every((name) => !name.startsWith('backup-')),
    );
  });

  test('on a disk without room is refused, and the server on the same disk goes on', async (lab) => {
    const disk = await openDisk(await lab.folder(), 200);
    lab.defer(() => disk.close());
    expect(disk.kind, 'the test mounts a disk: run it as root').toBe('tmpfs');
    const target = join(dirname(disk.path), 'backup');
    const server = await lab.server({ path: disk.path });
    await server.publish('alpha', EVENT, { n: 1 });

    // The disk fills up in the middle.
    const first = backUp(lab, disk.path, target, FREEZES);
    await frozenProcess(disk.path);
    disk.fill();
    expect(await first.exitCode()).toBe(1);
    expect(first.stderr).toMatch(
      /Not enough room in .*: the backup needs \d+ MiB more, with 64 MiB/,
    );
    expect(await names(target)).toEqual(['ballast', 'data']);

    // The disk is full from the start.
    const second = backUp(lab, disk.path, target);
    expect(await second.exitCode()).toBe(1);
    expect(second.stderr).toMatch(
      /Not enough room .* Free some space, or choose another disk\.\n$/,
    );
    disk.free();
    expect(await names(target)).toEqual(['data']);

    expect(await server.publish('alpha', EVENT, { n: 2 })).toBe(2);
    const third = backUp(lab, disk.path, target);
    expect([await third.exitCode(), third.stdout]).toEqual([
      0,
      expect.stringMatching(/^Backed up /),
    ]);
  });

  test('of damaged data reports the damage, and leaves nothing behind', async (lab) => {
    const { path, target } = await places(lab, 2);
    const file = join(path, 'data.mdb');
    const bytes = await readFile(file);
    const at = bytes.indexOf('xxxxxxxx', bytes.length / 2);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    await writeFile(file, bytes);
    const backup = backUp(lab, path, target);
    expect(await backup.exitCode()).toBe(1);
    expect(backup.stderr).toMatch(/The copy fails its checks: .* Nothing was left behind\. /);
    expect(await names(target)).toEqual([]);
  });

  test('that cannot write the whole file says why', async (lab) => {
    const { path, target } = await places(lab, 2);
    // In blocks of 512 bytes: one megabyte.
    const limited = lab.command('sh', [
      '-c',
      'ulimit -f 2048; exec "$0" "$@"',
      process.execPath,
      ...argumentsFor(path, target),
    ]);
    expect(await limited.exitCode()).toBe(1);
    expect(limited.stderr).toMatch(/Cannot copy .*: File too large/);
    expect(await names(target)).toEqual([]);
  });
});

describe('the command', () => {
  test('--help says how to use it', async (lab) => {
    const help = lab.command(process.execPath, [COMMAND, 'backup', '--help']);
    expect(await help.exitCode()).toBe(0);
    expect(help.stdout).toMatch(/^Usage: session-monitor backup DIR/);
  });

  test('refuses wrong usage in one line, exit code 2', async (lab) => {
    const { path, target } = await places(lab, 1);
    const empty = await lab.folder();
    const refusals: readonly [args: readonly string[], message: RegExp][] = [
      [[], /^Where to\? /],
      [[target, 'and-more'], /^There is no argument "and-more"\. 'session-monitor backup --help'/],
      [['--port', '1', target], /^There is no flag --port\. /],
      [[empty], /^Cannot back up to .*: it exists already\. Choose a new name\.$/],
      [[path], /^Cannot back up to .*: it is the data directory\. Choose another one\.$/],
      [[join(path, 'inside')], /^Cannot back up to .*: it lies in the data directory\. /],
      [[join(empty, 'no', 'dir')], /^Cannot back up to .*: there is no directory .*no\. Create it/],
      [[target, '--data-dir', join(path, 'none')], /^The data directory .*none does not exist\. /],
      [[target, '--data-dir', empty], /^The data directory .* holds no database yet\. /],
    ];
    for (const [args, message] of refusals) {
      const command = lab.command(process.execPath, [COMMAND, 'backup', ...args], {
        env: { DATA_DIR: path },
      });
      expect([await command.exitCode(), command.stderr.trimEnd()], `${args}`).toEqual([
        2,
        expect.stringMatching(message),
      ]);
    }
    const redis = lab.command(process.execPath, argumentsFor(path, target), {
      env: { REDIS_URL: 'redis://127.0.0.1:1' },
    });
    expect([await redis.exitCode(), redis.stderr]).toEqual([
      2,
      expect.stringMatching(/^REDIS_URL is set.* Use Redis's own backup: https:/),
    ]);
    expect(await names(target)).toEqual([]);
  });
});

interface Places {
  /** The data directory. */
  readonly path: string;
  readonly target: string;
}

/** With so many megabytes of data. Names with dots: by default lmdb-js takes such a path for a file. */
async function places(lab: Lab, megabytes = 0): Promise<Places> {
  const path = join(await lab.folder(), 'data.v1');
  const target = join(await lab.folder(), '2026.12.01');
  if (megabytes > 0) await fillStore(path, megabytes);
  return { path, target };
}

const argumentsFor = (path: string, target: string): readonly string[] => [
  COMMAND,
  'backup',
  target,
  `--data-dir=${path}`,
];

const backUp = (
  lab: Lab,
  path: string,
  target: string,
  env: Readonly<Record<string, string>> = {},
): Command => lab.command(process.execPath, argumentsFor(path, target), { env });

/** The process that copies stops when it has the database open. */
const FREEZES = {
  NODE_OPTIONS: `--import=${new URL('../support/freeze-backup.mjs', import.meta.url)}`,
};

/** Resolves with the id of the process when it has stopped. */
const frozenProcess = (path: string): Promise<number> =>
  until('the process that copies has stopped', async () => {
    const announcement = (await readdir(path)).find((name) => name.startsWith('backup-'));
    const pid = Number(announcement?.slice('backup-'.length));
    const status = pid > 0 ? await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '') : '';
    return /^State:\s+T/m.test(status) && pid;
  });

const names = (target: string): Promise<string[]> =>
  readdir(dirname(target)).then((found) => found.sort());

const copyHasBegun = (target: string): Promise<boolean> =>
  until('the copy has begun', async () => {
    const scratch = (await names(target)).find((name) => name.includes('.incomplete-'));
    if (!scratch) return false;
    const { size } = await stat(join(dirname(target), scratch, 'data.mdb')).catch(() => ({
      size: 0,
    }));
    return size > 0;
  });

async function expectOwnerOnly(target: string): Promise<void> {
  const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
  expect((await readdir(target)).sort()).toEqual(['data.mdb', 'session-monitor.json']);
  expect(await modeOf(target)).toBe(0o700);
  for (const name of await readdir(target)) expect(await modeOf(join(target, name))).toBe(0o600);
}

/** Publishes `{ n }`, from 1 on, to each thread, several at a time, until it is stopped. */
function publishOn(server: ServerProcess) {
  const acknowledged = new Map<string, number>();
  let stopping = false;
  const publishing = Promise.all(
    THREADS.map(async (thread) => {
      for (let n = 1; !stopping; n += 1) {
        await server.publish(thread, EVENT, { n });
        acknowledged.set(thread, n);
      }
    }),
  );
  // A failing test kills the server.
  publishing.catch(() => {});
  return {
    /** How many of a thread's events are acknowledged. */
    acknowledged: (thread: string) => acknowledged.get(thread) ?? 0,
    async stop() {
      stopping = true;
      await publishing;
    },
  };
}
