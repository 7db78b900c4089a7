/** Debian's Prometheus scrapes real servers, and each alert of examples/monitoring fires at its fault. */

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { untilLive } from '../support/client.js';
import { freePort } from '../support/free-port.js';
import { jsonPost, postMessage } from '../support/json.js';
import { type Lab, test } from '../support/lab.js';
import { range, until } from '../support/until.js';
import { MONITORING, Prometheus } from './prometheus.js';
import { byHand, register } from './stage.js';

const RESPONDER = fileURLToPath(new URL('./blocking-responder.mjs', import.meta.url));
const KEY = 'a-long-key-of-this-test-alone';
/** A busy machine may hold a loop up, and a scrape for too long. */
const ALSO_OF_BUSY_MACHINES = /LoopBlocked|Down/;
const targetOf = (url: string) => new URL(url).host;

/** The server that is killed: started again, it has the same address and data. */
async function startVictim(lab: Lab) {
  const env = {
    PORT: String(await freePort()),
    DATA_DIR: await lab.folder(),
    RESPONDER,
    RETENTION_EVENTS: '5',
    SWEEP_INTERVAL_MS: '50',
  };
  return { env, ...(await lab.serve(env)) };
}

/** A server that has less room than it keeps free, in production, so that Prometheus needs its key. */
const startFull = (lab: Lab) =>
  lab.serve({
    MODE: 'production',
    AUTH_SECRET: 's'.repeat(32),
    METRICS_KEY: KEY,
    DISK_RESERVE_BYTES: '900000000000000',
  });

test('Prometheus scrapes servers, and each alert fires at its fault', async (lab) => {
  const [victim, full, slow] = await Promise.all([startVictim(lab), startFull(lab), lab.server()]);
  const targets = [victim, full, slow].map(({ url }) => targetOf(url));
  const [at, atFull, atSlow] = targets as [string, string, string];
  const prometheus = await Prometheus.start(lab, targets, KEY);
  await until('all are scraped', async () => {
    const up = await prometheus.query('up');
    return targets.every((target) => up.get(target) === 1);
  });
  await prometheus.untilFiring('SessionMonitorDiskNearlyFull', atFull);
  const early = (await prometheus.firing()).filter((each) => !ALSO_OF_BUSY_MACHINES.test(each));
  expect(early).toEqual([`SessionMonitorDiskNearlyFull ${atFull}`]);

  const post = (n: number) =>
    fetch(`${victim.url}/threads/t/events`, jsonPost({ event: 'message', data: { n } }));
  await Promise.all([
    commitSlowly(),
    leaveGap().then(() => prometheus.untilFiring('SessionMonitorGaps', at)),
    claimUnknown().then(() => prometheus.untilFiring('SessionMonitorResumesFailing', at)),
    blockLoop().then(() => prometheus.untilFiring('SessionMonitorLoopBlocked', at)),
  ]);
  const published = await prometheus.query('session_monitor_events_published_total > 0');
  expect(published.get(at)).toBeGreaterThanOrEqual(12);

  await hold();
  await victim.server.signal('SIGKILL');
  await prometheus.untilFiring('SessionMonitorDown', at);
  await lab.serve(victim.env);
  await prometheus.untilFiring('SessionMonitorRunsInterrupted', at);

  /** Each flush takes longer. */
  async function commitSlowly() {
    await slow.fault({ delayMs: 700, fails: false });
    for (const n of range(1, 3)) await slow.publish('t', 'note', n);
    await prometheus.untilFiring('SessionMonitorStoreSlow', atSlow);
  }

  /** A client is away while events are trimmed that it does not have. */
  async function leaveGap() {
    const client = await lab.liveClient(victim.url, { thread_id: 't', transport: 'websocket' });
    await post(1);
    await until('it has one', () => client.seen.length === 1);
    client.socket.disconnect();
    for (const n of range(2, 12)) await post(n);
    await until('the oldest are gone', async () => {
      const headers = { accept: 'application/json' };
      const page = await fetch(`${victim.url}/threads/t/events`, { headers });
      return ((await page.json()) as { gap?: { to: number } }).gap?.to === 7;
    });
    client.socket.connect();
    await until('it learns of the gap', () => client.gaps.length === 1);
    client.close();
  }

  /** As clients of a server that has lost its data. */
  async function claimUnknown() {
    const socket = await byHand({ lab, url: victim.url });
    for (const attempt of range(1, 10)) {
      const claim = { session_id: 'x'.repeat(22), session_secret: 'y'.repeat(22) };
      const instance = `${attempt}`.padStart(22, 'i');
      await socket.emitWithAck('register_session', register({ ...claim, instance }));
    }
    socket.disconnect();
  }

  async function blockLoop() {
    for (const n of range(1, 3)) await (await postMessage(victim.url, `b${n}`, 'block')).text();
  }

  /** A reply that is being produced when the server is killed. */
  async function hold() {
    const follower = lab.client(victim.url, { thread_id: 'held', transport: 'websocket' });
    await untilLive(follower);
    const answer = await postMessage(victim.url, 'held', 'hold');
    expect(answer.status).toBe(200);
    follower.close();
  }
}, 60_000);

const run = (file: string, args: readonly string[], input?: string) => {
  const { status, stdout, stderr } = spawnSync(file, args, {
    cwd: MONITORING,
    encoding: 'utf8',
    ...(input !== undefined && { input }),
  });
  return { status, said: `${stdout}${stderr}` };
};

test('promtool finds nothing wrong with what a server says', async (lab) => {
  const { url } = await lab.app();
  const text = await (await fetch(`${url}/metrics`)).text();
  expect(text).toContain('process_start_time_seconds');
  expect(run('promtool', ['check', 'metrics'], text)).toEqual({ status: 0, said: '' });
});

test('the alerts pass their tests', () => {
  const { status, said } = run('promtool', ['test', 'rules', 'alerts.test.yml']);
  expect(status, said).toBe(0);
  const names = [...read('alerts.yml').matchAll(/alert: (\w+)/g)].map(([, name]) => name);
  expect(names.length).toBe(7);
  for (const name of names) expect(read('alerts.test.yml')).toContain(`alertname: ${name}\n`);
});

test('the queries of the dashboard are PromQL', async (lab) => {
  const { panels } = JSON.parse(read('grafana-dashboard.json')) as { panels: readonly Panel[] };
  const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  expect(queries.length).toBeGreaterThan(30);
  const rules = queries.map((query, index) => {
    const expr = query.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*');
    return { record: `query:${index}`, expr };
  });
  const file = join(await lab.folder(), 'rules.yml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
  const { status, said } = run('promtool', ['check', 'rules', file]);
  expect(status, said).toBe(0);
  expect(said).toContain(`${queries.length} rules found`);
});

interface Panel {
  readonly targets?: readonly { readonly expr: string }[];
}

const read = (name: string): string => readFileSync(join(MONITORING, name), 'utf8');
