import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type CommandOptions, SERVE } from '../support/command.js';
import { filesOf } from '../support/files-of.js';
import { postMessage } from '../support/json.js';
import { type Lab, test } from '../support/lab.js';
import { until } from '../support/until.js';

/** Debian's unprivileged user; the superuser may write anywhere. */
const NOBODY = 65_534;

describe('the server, started from flags and environment', () => {
  test('prints its URL and what is off, answers, and ends with 0 on Ctrl-C', async (lab) => {
    const path = await lab.folder();
    const { server, url } = await lab.serve({ DATA_DIR: path });
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+/);
    await server.says(/switched off\s+authorisation/);
    expect(server.stdout).toContain(path);
    expect(server.stdout).toMatch(/mode\s+development/);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/`)).status).toBe(200);
    expect(await server.signal('SIGINT')).toBe(0);
  });

  describe('on Ctrl-C with no client connected', () => {
    /** Far longer than a busy machine takes to stop. */
    const DRAIN_MS = 120_000;

    test('ends at once, whatever the drain window, though a browser holds a spare connection', async (lab) => {
      const { server, url } = await lab.serve({ DRAIN_MS: String(DRAIN_MS) });
      const client = await lab.liveClient(url, { thread_id: 'gone' });
      client.close();
      await until('it has left', async () => (await healthOf(url)).connections === 0);
      const spare = connect(Number(new URL(url).port), '127.0.0.1');
      lab.defer(() => spare.destroy());
      await once(spare, 'connect');
      const stopped = performance.now();
      expect(await server.signal('SIGINT')).toBe(0);
      expect(performance.now() - stopped).toBeLessThan(DRAIN_MS / 4);
    });

    test('ends at once with another server on the same Redis', async (lab) => {
      const redis = await lab.redis({ appendfsync: 'no' });
      const waive = { REDIS_WAIVE: 'appendfsync', DRAIN_MS: String(DRAIN_MS) };
      const start = () => lab.serve({ REDIS_URL: redis.url, ...waive });
      const servers = await Promise.all([start(), start()]);
      await until(
        'they know each other',
        async () => (await redis.call('ZCARD', 'sm:nodes')) === servers.length,
      );
      const stopped = performance.now();
      expect(await servers[0]?.server.signal('SIGINT')).toBe(0);
      expect(performance.now() - stopped).toBeLessThan(DRAIN_MS / 4);
      expect(await servers[1]?.server.signal('SIGINT')).toBe(0);
    });
  });

  test('on Redis: prints the URL without the password, and takes WebSockets alone if configured', async (lab) => {
    const redis = await lab.redis({ config: { requirepass: 'hunter2' } });
    const { server, url } = await lab.serve({
      REDIS_URL: redis.url.replace('//', '//:hunter2@'),
      NODE_NAME: 'one',
      TRANSPORTS: 'websocket',
    });
    expect(server.stdout).toMatch(new RegExp(`data\\s+Redis at 127\\.0\\.0\\.1:${redis.port}\n`));
    expect(server.stdout).not.toContain('hunter2');
    expect((await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).status).toBe(400);
    const client = await lab.liveClient(url, { thread_id: 'by-websocket', transport: 'websocket' });
    expect(client.receipts[0]?.node).toMatch(/^one-/);
    client.close();
    expect(await server.signal('SIGTERM')).toBe(0);
  });

  test('--help lists the environment and the flags', async (lab) => {
    const help = lab.command(process.execPath, [...SERVE, '--help']);
    expect(await help.exitCode()).toBe(0);
    for (const name of ['HOST', 'PORT', 'DATA_DIR', 'MODE', 'DEBUG_API_KEY', 'LOG_LEVEL']) {
      const flag = `--${name.toLowerCase().replaceAll('_', '-')}`;
      expect(help.stdout).toMatch(new RegExp(`^ {2}${name} {2}${flag}$`, 'm'));
    }
  });

  test('takes flags, which win over the environment', async (lab) => {
    const path = join(await lab.folder(), 'by-flag');
    const environment = { PORT: '1', DATA_DIR: '/nowhere', LOG_LEVEL: 'fatal' };
    const flags = ['--port', '0', `--data-dir=${path}`, '--demo', 'off'];
    const { server, url } = await lab.serve(environment, flags);
    await server.says(/switched off\s+the demo page/);
    expect(server.stdout).toContain(path);
    expect((await fetch(`${url}/`)).status).toBe(404);
    expect((await fetch(`${url}/demo.json`)).status).toBe(404);
    expect(await server.signal('SIGTERM')).toBe(0);
  });

  const mistakes: readonly [flags: readonly string[], message: string][] = [
    [
      ['--prot', '5002'],
      "There is no flag --prot. 'session-monitor serve --help' lists what there is.",
    ],
    [['--port', '70000'], '--port is "70000". Allowed: a whole number from 0 to 65535.'],
    [['--port'], '--port needs a value: --port …'],
  ];
  for (const [flags, message] of mistakes) {
    test(`${flags.join(' ')} is one line that says what is wrong, exit code 2`, async (lab) => {
      const server = serve(lab, { DATA_DIR: await lab.folder() }, {}, flags);
      expect([await server.exitCode(), server.stderr]).toEqual([2, `${message}\n`]);
    });
  }

  const bad: readonly [name: string, value: string, allowed: RegExp][] = [
    ['PORT', '5001x', /whole number from 0 to 65535/],
    ['PORT', '70000', /whole number from 0 to 65535/],
    ['MODE', 'prod', /development, production/],
    ['LOG_LEVEL', 'loud', /trace, debug, info/],
    ['ORIGINS', 'example.com', /https:\/\/chat\.example\.com/],
    ['HOST', '203.0.113.7', /an address of this machine/],
    ['SESSION_TTL_MS', '-5', /whole number from 1/],
    ['AUTHORIZE', './no-such-module.js', /module whose default export/],
  ];
  for (const [name, value, allowed] of bad) {
    test(`${name}=${value} is one line that says what is allowed, exit code 2`, async (lab) => {
      const authorize = await authorizeModule(lab);
      const DATA_DIR = await lab.folder();
      const safe = name === 'HOST' ? { AUTHORIZE: authorize } : {};
      const server = serve(lab, { PORT: '0', DATA_DIR, ...safe, [name]: value });
      expect(await server.exitCode()).toBe(2);
      const lines = server.stderr.trimEnd().split('\n');
      expect(lines.length).toBe(1);
      expect(lines[0]).toContain(`${name} is "${value}"`);
      expect(lines[0]).toMatch(allowed);
    });
  }

  test('a port that is taken is one line, exit code 2', async (lab) => {
    const app = await lab.app();
    const PORT = new URL(app.url).port;
    const server = serve(lab, { PORT, DATA_DIR: await lab.folder() });
    expect(await server.exitCode()).toBe(2);
    expect(server.stderr).toMatch(
      new RegExp(`^PORT is ${PORT}\\. Allowed: a port that is free.*\n$`),
    );
  });

  test('a stuck reader delays a stop only for a moment', async (lab) => {
    const { server, url } = await lab.serve();
    const proxy = await lab.proxy(url);
    await lab.liveClient(proxy.url, {
      thread_id: 'stuck',
      transport: 'websocket',
    });
    proxy.blackHole();
    const before = performance.now();
    expect(await server.signal('SIGTERM')).toBe(0);
    // ws alone would wait 30 s for the closing handshake.
    expect(performance.now() - before).toBeLessThan(15_000);
    proxy.cut();
  });

  test('production needs authorize and a real key', async (lab) => {
    const DATA_DIR = await lab.folder();
    const production = { PORT: '0', DATA_DIR, MODE: 'production' };
    const open = serve(lab, production);
    expect([await open.exitCode(), open.stderr]).toEqual([2, expect.stringMatching(/authorize/)]);
    const implied = serve(lab, { PORT: '0', DATA_DIR, NODE_ENV: 'production' });
    expect(await implied.exitCode()).toBe(2);
    expect(implied.stderr).toMatch(/^In production an 'authorize' function is required/);
    for (const DEBUG_API_KEY of ['debug_websocket_key', '0123456789abcde']) {
      const weak = serve(lab, { ...production, DEBUG_API_KEY });
      expect(await weak.exitCode()).toBe(2);
      expect(weak.stderr).toMatch(/^DEBUG_API_KEY .*at least 16 characters/);
      expect(weak.stderr).not.toContain(DEBUG_API_KEY);
    }
    const AUTHORIZE = await authorizeModule(lab);
    const server = serve(lab, { ...production, AUTHORIZE });
    await server.says(/mode\s+production/);
    expect(await server.signal('SIGTERM')).toBe(0);
  });
});

describe('a data directory that cannot be used', () => {
  test('is named when another process uses it, exit code 1', async (lab) => {
    const path = await dataDirectory(lab);
    const { server: first } = await lab.serve({ DATA_DIR: path });
    const second = serve(lab, { PORT: '0', DATA_DIR: path });
    expect(await second.exitCode()).toBe(1);
    expect(second.stderr).toMatch(
      /^Cannot use the data directory .*: process \d+ is using it\..*\n$/,
    );
    expect(second.stderr).toContain(path);
    expect(first.ended).toBe(false);
    // A killed server leaves nothing behind that would keep the next one out.
    await first.signal('SIGKILL');
    const { server: third } = await lab.serve({ DATA_DIR: path });
    expect(await third.signal('SIGTERM')).toBe(0);
  });

  const damages: readonly [name: string, damage: (file: string) => Promise<void>][] = [
    ['is of something else', (file) => writeFile(file, 'not a database'.repeat(10_000))],
    ['is empty', (file) => truncate(file, 0)],
    ['is cut short', async (file) => truncate(file, (await readFile(file)).length / 2)],
    ['has a flipped bit in a record', flipRecordBit],
  ];
  for (const [name, damage] of damages) {
    test(`is refused and left as it is when its database ${name}`, async (lab) => {
      const path = await dataDirectory(lab);
      await damage(join(path, 'data.mdb'));
      const refusal = await refusalOf(lab, path);
      expect(refusal).toContain(`Cannot use the data directory ${path}: it is damaged.`);
      expect(refusal.trimEnd().split('\n').length).toBe(1);
    });
  }

  test('is refused and left as it is when it is of something else', async (lab) => {
    const path = await lab.folder();
    await writeFile(join(path, 'thesis.txt'), 'years of work');
    expect(await refusalOf(lab, path)).toMatch(
      /holds 'thesis\.txt'.* not a data directory of Session Monitor/,
    );
  });

  test('is refused and left as it is when it is of another format', async (lab) => {
    const path = await dataDirectory(lab);
    await writeFile(join(path, 'session-monitor.json'), '{"store":"lmdb","format":99}');
    expect(await refusalOf(lab, path)).toMatch(
      /is of format 99, this version reads formats 1 to 5/,
    );
  });

  test('is refused and left as it is when it is read-only', async (lab) => {
    const path = await dataDirectory(lab);
    await chmod(path, 0o555);
    for (const name of await readdir(path)) await chmod(join(path, name), 0o444);
    const asRoot = process.getuid?.() === 0;
    const refusal = await refusalOf(lab, path, asRoot ? { uid: NOBODY } : {});
    expect(refusal).toMatch(/^Cannot use the data directory .*: it cannot be read and written/);
    await chmod(path, 0o755);
  });

  test('is refused when it is a file', async (lab) => {
    const path = join(await lab.folder(), 'file');
    await writeFile(path, 'a file');
    const server = serve(lab, { PORT: '0', DATA_DIR: path });
    expect(await server.exitCode()).toBe(1);
    expect(server.stderr).toContain(path);
  });
});

const serve = (
  lab: Lab,
  env: Record<string, string>,
  options: CommandOptions = {},
  flags: readonly string[] = [],
) => lab.command(process.execPath, [...SERVE, ...flags], { ...options, env });

async function healthOf(url: string): Promise<{ readonly connections: number }> {
  const response = await fetch(`${url}/healthz`);
  return (await response.json()) as { readonly connections: number };
}

/** A directory that a server has used: a reply stands in it. */
async function dataDirectory(lab: Lab): Promise<string> {
  const path = join(await lab.folder(), 'data');
  await mkdir(path, { mode: 0o700 });
  await chmod(join(path, '..'), 0o755);
  const { server, url } = await lab.serve({ DATA_DIR: path, DEMO_PARTS_PER_SECOND: '1000' });
  const response = await postMessage(url, 'filled', 'fill it');
  expect(await response.text()).toContain('completed');
  expect(await server.signal('SIGTERM')).toBe(0);
  return path;
}

/** What a server says that refuses a data directory. It leaves the directory as it is. */
async function refusalOf(lab: Lab, path: string, options: CommandOptions = {}): Promise<string> {
  const before = snapshot(path);
  const server = serve(lab, { PORT: '0', DATA_DIR: path }, options);
  expect(await server.exitCode()).toBe(1);
  expect(snapshot(path)).toEqual(before);
  return server.stderr;
}

async function authorizeModule(lab: Lab): Promise<string> {
  const path = join(await lab.folder(), 'authorize.mjs');
  await writeFile(path, 'export default () => true;\n');
  return path;
}

/** Flips a bit in the payload of the newest batch, which each start reads. */
async function flipRecordBit(file: string): Promise<void> {
  const bytes = await readFile(file);
  for (const { index } of bytes.toString('latin1').matchAll(/run_finished/g)) {
    bytes.writeUInt8(bytes.readUInt8(index) ^ 1, index);
  }
  await writeFile(file, bytes);
}

/** The checksums of the directory, without LMDB's table of readers, which holds no data. */
function snapshot(path: string): Record<string, string> {
  const entries = Object.entries(filesOf(path))
    .filter(([name]) => !name.endsWith('lock.mdb'))
    .map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest('hex')] as const);
  return Object.fromEntries(entries);
}
