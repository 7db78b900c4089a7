/** The ways to a Redis, and the other versions that may use it. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openRedisStore } from '@session-monitor/server/redis';
import { expect } from 'vitest';
import { freePort } from '../support/free-port.js';
import { test } from '../support/lab.js';
import { newRun, newSession } from '../support/records.js';
import { ROOT } from '../support/root.js';
import { until } from '../support/until.js';

const waive = ['appendfsync', 'replicas'] as const;
const append = (name: string) => [JSON.stringify([name, null])];

test('sentinels name the primary, and a new one after a failover', async (lab) => {
  const primary = await lab.redis();
  const replica = await lab.redis({ replicaOf: primary });
  const folder = await lab.folder();
  const port = await freePort();
  const file = join(folder, 'sentinel.conf');
  writeFileSync(
    file,
    `port ${port}
bind 127.0.0.1
sentinel monitor main 127.0.0.1 ${primary.port} 1
sentinel down-after-milliseconds main 500
sentinel failover-timeout main 2000
`,
  );
  const sentinel = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' });
  lab.defer(async () => {
    const exit = once(sentinel, 'exit');
    sentinel.kill('SIGKILL');
    await exit;
  });
  const url = `redis+sentinel://127.0.0.1:${port}/main`;
  const store = await until('the sentinel knows', () =>
    openRedisStore({ url, waive, waitMs: 10_000 }).catch(() => undefined),
  );
  lab.defer(() => store.close());
  await store.logs.append('t', append('before'));
  await until('the replica has it', async () => (await replica.call('XLEN', 'sm:{t}:log')) === 1);
  await primary.kill();
  const outcome = await store.logs.append('t', append('after'));
  expect(outcome).toMatchObject({ outcome: 'appended', first: 2 });
  expect(await replica.call('XLEN', 'sm:{t}:log')).toBe(2);
});

test('over TLS, only with a trusted certificate', async (lab) => {
  const folder = await lab.folder();
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const made = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '1'];
  expect(spawnSync('openssl', ['req', '-x509', ...made, ...subject]).status).toBe(0);
  const port = await freePort();
  await lab.redis({
    config: {
      'tls-port': String(port),
      'tls-auth-clients': 'no',
      'tls-cert-file': cert,
      'tls-key-file': key,
    },
  });
  const url = `rediss://127.0.0.1:${port}`;
  const program = `
    const { openRedisStore } = await import('@session-monitor/server/redis');
    const store = await openRedisStore({ url: '${url}', waitMs: Number(process.env.WAIT_MS) });
    console.log((await store.logs.append('t', ['["a",1]'])).outcome);
    await store.close();`;
  const run = (env: Record<string, string>) =>
    spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: ROOT,
      env: { PATH: process.env.PATH ?? '', ...env },
      encoding: 'utf8',
    });
  expect(run({ NODE_EXTRA_CA_CERTS: cert, WAIT_MS: '10000' }).stdout.trim()).toBe('appended');
  expect(run({ WAIT_MS: '1000' }).stderr).toContain('ERR_STORE_UNAVAILABLE');
  expect(readFileSync(cert, 'utf8')).toContain('BEGIN CERTIFICATE');
});

test('additions of a later version stay untouched: fields, records, arguments, indexes', async (lab) => {
  const redis = await lab.redis({ appendfsync: 'no' });
  const open = async () => {
    const store = await openRedisStore({ url: redis.url, waive });
    lab.defer(() => store.close());
    return store;
  };
  const [one, other] = [await open(), await open()];
  const run = newRun('r');
  await one.logs.append('t', append('a'), { fence: { run_id: 'r', token: 1, start: run } });
  const record = newSession('s');
  await one.sessions.put(record, undefined);

  await redis.call('HSET', 'sm:{t}:head', 'zz', 'of a later version');
  await redis.call('XADD', 'sm:{t}:log', '2', ...entry('later', ['zz', 'more']));
  const newest = ['o', '2', 't', 'tag-of-later', 'c', '2', 'k', 'tag-of-later'];
  await redis.call('HSET', 'sm:{t}:head', ...newest);
  await redis.call('HSET', 'sm:{t}:runs', 'zz:r', 'more');
  const shard = String(await redis.call('KEYS', 'sm:{s*}:session:s'));
  const json = JSON.stringify({ ...record, later: { a: 1 } });
  await redis.call('HSET', shard, 'zz', 'more', 'j', json);
  await redis.call('SET', 'sm:of-a-later-version', 'x');

  const heard: number[] = [];
  other.logs.follow('t', (head) => heard.push(head.offset));
  await other.logs.open('t');
  const wake = 'later-version e 2 tag-of-later 2 tag-of-later 1 2 3 4 5';
  await redis.call('PUBLISH', 'sm:{t}:wake', wake);
  expect(await one.logs.append('t', append('b'))).toMatchObject({ outcome: 'appended', first: 3 });
  await until('announced', () => heard.at(-1) === 3);
  const { batches } = await other.logs.read('t', 0, { maxBytes: 1e6 });
  expect(batches.map((batch) => batch.text())).toEqual(['["a",null]', '["later",1]', '["b",null]']);
  expect((await other.runs.get(run))?.status).toBe('running');
  expect(await other.sessions.get('s')).toMatchObject({ ...record, later: { a: 1 } });
  expect(await other.sessions.put({ ...record, generation: 2 }, record)).toBe(true);
});

/** A batch as it stands in the log, with more than this version knows. */
function entry(name: string, more: readonly string[]): readonly string[] {
  const payload = JSON.stringify([name, 1]);
  const known = { t: `tag-of-${name}`, a: '1', y: '99', n: '1', l: `${payload.length}` };
  return [...Object.entries({ ...known, p: payload }).flat(), ...more];
}
