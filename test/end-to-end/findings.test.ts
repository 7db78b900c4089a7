/** What explains a session: incidents staged on real sockets, proxies and processes, each with its cause first. */

import type { Responder } from '@session-monitor/server';
import { describe, expect } from 'vitest';
import { PATIENT, publish } from '../support/app.js';
import { EVENT, type TestClient } from '../support/client.js';
import { postMessage } from '../support/json.js';
import { type Lab, test } from '../support/lab.js';
import { pause, until } from '../support/until.js';

const THREAD = 'explained';

interface Finding {
  readonly code: string;
  readonly ongoing: boolean;
  readonly title: string;
  readonly evidence: readonly string[];
  readonly next: string;
}

async function findingsOf(url: string, path: string): Promise<readonly Finding[]> {
  const response = await fetch(`${url}/debug/${path}/findings`);
  expect([path, response.status]).toEqual([path, 200]);
  return ((await response.json()) as { findings: readonly Finding[] }).findings;
}

const ofClient = (url: string, { monitor }: Pick<TestClient, 'monitor'>) =>
  findingsOf(url, `sessions/${monitor.status.session_id}`);

/** Waits until the first finding is this one. */
async function untilFirst(url: string, client: TestClient, code: string): Promise<Finding> {
  let found: readonly Finding[] = [];
  return until(
    `${code} is found first`,
    async () => {
      found = await ofClient(url, client);
      return found[0]?.code === code && found[0];
    },
    { everyMs: 100, state: () => found },
  );
}

const failing: Responder = async function* () {
  yield 'word';
  throw new Error('the model is out');
};

describe('the cause is found first', () => {
  test('of a reply that failed, and of one that was cancelled', async (lab) => {
    const { app } = await lab.heldApp();
    const client = await lab.liveClient(app.url, { thread_id: THREAD });
    const run = await client.monitor.sendMessage('Well?');
    await until('it runs', () => client.monitor.status.runs[0]?.state === 'running');
    await app.sessions.cancel(THREAD, run.run_id ?? undefined);
    await untilFirst(app.url, client, 'run_cancelled');

    const broken = await lab.app({ responder: failing });
    const other = await lab.liveClient(broken.url, { thread_id: THREAD });
    await (await postMessage(broken.url, THREAD, 'Well?')).text();
    const { evidence } = await untilFirst(broken.url, other, 'run_failed');
    expect(evidence.join()).toContain('responder_failed');
  });

  test('of a thread that was erased, and of one that was trimmed while its reader was away', async (lab) => {
    const { app, proxy } = await lab.proxiedApp();
    const client = await lab.liveClient(proxy.url, { thread_id: THREAD, transport: 'websocket' });
    await publish(app, THREAD, 1, 5);
    await until('it has all', () => client.seen.length === 5);
    proxy.refusing = true;
    proxy.cut();
    await publish(app, THREAD, 6, 20);
    await app.sessions.internals.store.logs.trim(THREAD, { maxEvents: 2 }, 1_000);
    proxy.refusing = false;
    await until('it was given a gap', () => client.gaps.length === 1);
    const { title } = await untilFirst(app.url, client, 'events_trimmed');
    expect(title).toMatch(/^Events 6 to \d+ were no longer kept/);
    await app.sessions.deleteThread(THREAD);
    await until('it was reset', () => client.resets.length === 1);
    // What was traced of the erased thread has gone with it.
    await untilFirst(app.url, client, 'thread_erased');
    expect(await ofClient(app.url, client)).toHaveLength(1);
  });

  test('of a user whose access was revoked, and of a token that is refused', async (lab) => {
    let denied: { denied: 'expired' | 'unauthenticated' } | undefined;
    const app = await lab.app({
      authorize: ({ action }) =>
        action === 'administer' ? { admin: true } : (denied ?? { user_id: 'ada' }),
    });
    const revoked = await lab.liveClient(app.url, { thread_id: THREAD });
    denied = { denied: 'unauthenticated' };
    await app.sessions.revokeUser('ada');
    await untilFirst(app.url, revoked, 'user_revoked');

    denied = undefined;
    const refused = await lab.liveClient(app.url, { thread_id: 'other' });
    denied = { denied: 'unauthenticated' };
    refused.socket.disconnect();
    refused.socket.connect();
    await until('refused', () => refused.monitor.status.state === 'failed');
    const { evidence } = await untilFirst(app.url, refused, 'token_refused');
    expect(evidence[0]).toContain('unauthenticated');
  });

  test('of a session that expired while its client was away', async (lab) => {
    const app = await lab.app({ settings: { sessionTtlMs: 50, sweepIntervalMs: 20 } });
    const client = await lab.liveClient(app.url, { thread_id: THREAD });
    await publish(app, THREAD, 1, 2);
    await until('it has both', () => client.seen.length === 2);
    client.socket.disconnect();
    await untilFirst(app.url, client, 'expired_while_away');
  });

  test('of a server that was killed in the middle of a reply', async (lab) => {
    const server = await lab.server({ demo: { partsPerSecond: 100, words: 10_000 } });
    const client = await lab.liveClient(server.url, { thread_id: THREAD });
    await client.monitor.sendMessage('Well?');
    await until('some words are there', () => client.monitor.status.offset > 10);
    await server.kill();
    await server.restart();
    await until('it is back', () => client.receipts.length === 2);
    const found = await ofClient(server.url, client);
    expect(found.map(({ code }) => code)).toEqual(['server_killed', 'run_interrupted']);
    expect(found[0]?.evidence.join(' ')).toMatch(/1 reply was interrupted.*its client was back/s);
  });

  test('of links and clients that do not do what they should', async (lab) => {
    await Promise.all([halfOpen, stuck, slow, withholding, steadilyCut].map((stage) => stage(lab)));
  });
});

async function halfOpen(lab: Lab): Promise<void> {
  const { app, proxy } = await lab.proxiedApp({ socketIo: { pingInterval: 60_000 } });
  const client = await lab.liveClient(proxy.url, { thread_id: THREAD, transport: 'websocket' });
  proxy.blackHole('up', 'down');
  await publish(app, THREAD, 1, 3);
  const { ongoing, title } = await untilFirst(app.url, client, 'half_open_link');
  expect([ongoing, title]).toEqual([true, expect.stringMatching(/^The link is half open/)]);
}

async function stuck(lab: Lab): Promise<void> {
  const { app, proxy } = await lab.proxiedApp();
  proxy.refuseUpgrades = true;
  const client = await lab.liveClient(proxy.url, { thread_id: THREAD });
  const { evidence } = await untilFirst(app.url, client, 'stuck_on_polling');
  expect(evidence[0]).toMatch(/^1 upgrade failed/);
}

async function slow(lab: Lab): Promise<void> {
  const { app, proxy } = await lab.proxiedApp({ socketIo: PATIENT });
  const client = await lab.liveClient(proxy.url, { thread_id: THREAD, transport: 'websocket' });
  proxy.change({ sliceBytes: 4_000, sliceEveryMs: 100 });
  const text = 'x'.repeat(2_000);
  for (let n = 0; n < 200; n += 1) await app.sessions.publish(THREAD, EVENT, { n, text });
  const { evidence } = await untilFirst(app.url, client, 'slow_reader');
  expect(evidence[0]).toMatch(/^It is \d+ events? behind/);
}

async function withholding(lab: Lab): Promise<void> {
  const app = await lab.app();
  const client = await lab.liveClient(app.url, { thread_id: THREAD, pingInterval: 500 });
  const { socket } = client;
  const emit = socket.emit.bind(socket);
  socket.emit = (event: string, message: object, ...rest: unknown[]) => {
    if (event === 'thread_ack') return socket;
    return emit(event, event === 'ping' ? { ...message, offset: 0 } : message, ...rest);
  };
  await publish(app, THREAD, 1, 3);
  const { title } = await untilFirst(app.url, client, 'acknowledgements_withheld');
  expect(title).toBe('The client answers pings, and acknowledges no event.');
}

async function steadilyCut(lab: Lab): Promise<void> {
  const { app, proxy } = await lab.proxiedApp();
  const client = await lab.liveClient(proxy.url, { thread_id: THREAD, transport: 'websocket' });
  for (const count of [2, 3, 4]) {
    // An idle timeout of a proxy.
    await pause(3_200);
    proxy.cut();
    await until('it is back', () => client.receipts.length === count);
  }
  const { title } = await untilFirst(app.url, client, 'steady_cuts');
  expect(title).toMatch(/^Each connection is cut after 3\.\d s/);
}

test('healthy sessions have no finding: on a WebSocket, on polling by choice, without news', async (lab) => {
  const app = await lab.app();
  const clients = await Promise.all(
    (['upgrade', 'polling', 'websocket'] as const).map((transport) =>
      lab.liveClient(app.url, { thread_id: THREAD, transport, pingInterval: 200 }),
    ),
  );
  await (await postMessage(app.url, THREAD, 'Well?')).text();
  const { head } = await (await fetch(`${app.url}/debug/threads/${THREAD}`)).json();
  await until('all have it', () => clients.every(({ monitor }) => monitor.status.offset === head));
  for (const client of clients) expect(await ofClient(app.url, client)).toEqual([]);
  expect(await findingsOf(app.url, `threads/${THREAD}`)).toEqual([]);
  expect(await findingsOf(app.url, 'users/none')).toEqual([]);
});

test('a session that there never was is unknown', async (lab) => {
  const app = await lab.app();
  const response = await fetch(`${app.url}/debug/sessions/no-session-0000000000/findings`);
  expect([response.status, (await response.json()).error.code]).toEqual([404, 'session_unknown']);
});
