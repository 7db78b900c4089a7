/** What explains a session, first of all findings: what its replies, its thread and its rights went through, staged for real. */

import type { Responder } from '@session-monitor/server';
import { describe, expect } from 'vitest';
import { PATIENT, publish } from '../support/app.js';
import { expectFirst, pathOf } from '../support/findings.js';
import { test } from '../support/lab.js';
import { range, until } from '../support/until.js';

const THREAD = 'explained';
const TIME = String.raw`\d\d:\d\d:\d\d UTC`;

/** A machine that is busy with other tests lets no connection time out. */
const CALM = { socketIo: PATIENT } as const;

const failing: Responder = async function* () {
  yield 'word';
  throw new Error('the model is out');
};

describe('of a reply', () => {
  test('that failed, and one that was cancelled', async (lab) => {
    const { app } = await lab.heldApp(CALM);
    const client = await lab.liveClient(app.url, { thread_id: THREAD, transport: 'websocket' });
    const run = await client.monitor.sendMessage('Well?');
    await until('it runs', () => client.monitor.status.runs[0]?.state === 'running');
    await app.sessions.cancel(THREAD, run.run_id ?? undefined);
    await expectFirst(app.url, pathOf(client), 'run_cancelled', {
      title: /^A reply was cancelled\.$/,
      evidence: [RegExp(`^It ended at ${TIME}\\.$`)],
      ongoing: false,
    });

    const broken = await lab.app({ responder: failing, ...CALM });
    const other = await lab.liveClient(broken.url, {
      thread_id: THREAD,
      transport: 'websocket',
      user_id: 'ada',
    });
    await other.monitor.sendMessage('Well?');
    for (const path of [pathOf(other), `threads/${THREAD}`, 'users/ada']) {
      await expectFirst(broken.url, path, 'run_failed', {
        title: /^A reply failed: its responder threw an error\.$/,
        evidence: [RegExp(`^It ended at ${TIME} with responder_failed\\.$`)],
        ongoing: false,
      });
    }
  });

  test('that stalls, and one that waits for it', async (lab) => {
    // A reply counts as stalled after a sixth of this.
    const { app } = await lab.heldApp({ settings: { runStallMs: 60_000 }, ...CALM });
    const client = await lab.liveClient(app.url, { thread_id: THREAD, transport: 'websocket' });
    await client.monitor.sendMessage('Well?');
    await until('it has begun', () => client.monitor.status.offset > 3);
    await client.monitor.sendMessage('And then?');
    await expectFirst(app.url, `threads/${THREAD}`, 'run_waiting', {
      title: RegExp(`^A reply waits for its turn since ${TIME}\\.$`),
      evidence: [
        /^It has waited for \d+(\.\d)? s\.$/,
        RegExp(`^The reply \\S+ of the same thread is produced before it, since ${TIME}\\.$`),
      ],
    });
    Object.assign(app.sessions.internals.settings, { runStallMs: 6_000 });
    await expectFirst(app.url, pathOf(client), 'run_stalled', {
      title:
        /^A reply is being produced, and nothing has come from its responder for \d+(\.\d)? s\.$/,
      evidence: [
        RegExp(`^Its last part came at ${TIME}\\.$`),
        RegExp(`^Its node is ${app.sessions.node}\\.$`),
        /^It fails after 6 s without a part\.$/,
      ],
    });
  });

  test('that a stop has interrupted', async (lab) => {
    const server = await lab.server({ demo: { partsPerSecond: 100, words: 10_000 } });
    const client = await lab.liveClient(server.url, { thread_id: THREAD, transport: 'websocket' });
    await client.monitor.sendMessage('Well?');
    await until('some words are there', () => client.monitor.status.offset > 10);
    // Without a directory the trace of the drain goes with the process.
    await server.stop();
    await server.restart();
    await until('it is back', () => client.receipts.length === 2);
    await expectFirst(server.url, pathOf(client), 'run_interrupted', {
      title: /^A reply was interrupted: the server that produced it has gone\.$/,
      evidence: [RegExp(`^It ended at ${TIME}\\. Every word that it had written is in the thread`)],
      ongoing: false,
    });
  }, 60_000);
});

describe('of a thread', () => {
  test('that was trimmed while its reader was away, and one that was erased', async (lab) => {
    const { app, proxy } = await lab.proxiedApp(CALM);
    const client = await lab.liveClient(proxy.url, { thread_id: THREAD, transport: 'websocket' });
    await publish(app, THREAD, 1, 5);
    await until('it has all', () => client.seen.length === 5);
    proxy.refusing = true;
    proxy.cut();
    await publish(app, THREAD, 6, 20);
    await app.sessions.internals.store.logs.trim(THREAD, { maxEvents: 2 }, 1_000);
    proxy.refusing = false;
    await until('it got a gap', () => client.gaps.length === 1);
    await expectFirst(app.url, pathOf(client), 'events_trimmed', {
      title: /^Events 6 to 18 were no longer kept when the client asked for them: it got a gap\.$/,
      evidence: [RegExp(`^It got a gap of 13 events at ${TIME}\\.$`)],
      ongoing: false,
    });
    await app.sessions.deleteThread(THREAD);
    await until('it was reset', () => client.resets.length === 1);
    // What was traced of the erased thread has gone with it.
    const found = await expectFirst(app.url, pathOf(client), 'thread_erased', {
      title: /^The thread was erased: its readers were reset to the new, empty one\.$/,
      evidence: [RegExp(TIME)],
      ongoing: false,
    });
    expect(found).toHaveLength(1);
  });
});

describe('of a client', () => {
  test('whose access was revoked, and one whose token is refused', async (lab) => {
    let denied: { denied: 'forbidden' | 'unauthenticated'; reason?: string } | undefined;
    const app = await lab.app({
      ...CALM,
      authorize: ({ action, user_id = 'ada' }) =>
        action === 'administer' ? { admin: true } : (denied ?? { user_id }),
    });
    const revoked = await lab.liveClient(app.url, { thread_id: THREAD, transport: 'websocket' });
    denied = { denied: 'unauthenticated' };
    await app.sessions.revokeUser('ada');
    await until('refused', () => revoked.monitor.status.state === 'failed');
    for (const path of [pathOf(revoked), 'users/ada']) {
      await expectFirst(app.url, path, 'user_revoked', {
        title: /^Access was revoked for its user, or for this session\.$/,
        evidence: [RegExp(`^The session ended at ${TIME}, reason 'revoked'\\.$`), /was refused \d/],
      });
    }

    denied = undefined;
    const refused = await lab.liveClient(app.url, {
      thread_id: 'other',
      transport: 'websocket',
      user_id: 'bob',
    });
    denied = { denied: 'forbidden', reason: 'bob has left the team' };
    refused.socket.disconnect();
    refused.socket.connect();
    await until('refused', () => refused.monitor.status.state === 'failed');
    for (const path of [pathOf(refused), 'users/bob']) {
      await expectFirst(app.url, path, 'token_refused', {
        title: /^bob was refused 1 time: the user has no right to this\.$/,
        evidence: [
          RegExp(
            `^authorize refused '\\w+' with authorisation at ${TIME}, from 127.0.0.1: bob has left the team$`,
          ),
        ],
      });
    }
  });

  test('whose token expires, and that has no fresh one', async (lab) => {
    let expires_at: number | undefined;
    const authorize = () => {
      expires_at ??= Date.now() + 1_500;
      return { user_id: 'ada', expires_at };
    };
    const app = await lab.app({ ...CALM, authorize });
    const client = await lab.liveClient(app.url, {
      thread_id: THREAD,
      transport: 'websocket',
      token: () => 'the same',
    });
    // A client that is refused may forget its session.
    const path = pathOf(client);
    await until('it was refused', () => client.errors.length > 0);
    await expectFirst(app.url, path, 'token_expired', {
      title: /^ada was refused \d+ times?: the token had expired \d+(\.\d)? m?s before\.$/,
      evidence: [RegExp(`^authorize refused 'register' with token_expired at ${TIME}`)],
    });
  });

  test('whose session expired while it was away', async (lab) => {
    const app = await lab.app({ ...CALM, settings: { sessionTtlMs: 50, sweepIntervalMs: 20 } });
    const client = await lab.liveClient(app.url, { thread_id: THREAD, transport: 'websocket' });
    await publish(app, THREAD, 1, 2);
    await until('it has both', () => client.seen.length === 2);
    client.socket.disconnect();
    await expectFirst(app.url, pathOf(client), 'expired_while_away', {
      title: /^The session expired while its client was away\.$/,
      evidence: [RegExp(`^It was removed at ${TIME}, after \\d+ ms without a connection\\.$`)],
    });
  });

  test('that sends more than it may', async (lab) => {
    const app = await lab.app({ ...CALM, settings: { limits: { ephemeralsPerSecond: 1 } } });
    const client = await lab.liveClient(app.url, { thread_id: THREAD, transport: 'websocket' });
    for (const n of range(1, 20)) client.monitor.sendEphemeral('typing', { n });
    await expectFirst(app.url, pathOf(client), 'limit_hit', {
      title: /^The limit ephemeralsPerSecond was hit\.$/,
      evidence: [RegExp(`^1 time within a minute, last at ${TIME} by thread_id ${THREAD}\\.$`)],
    });
  });

  test('whose session another tab has taken over', async (lab) => {
    const app = await lab.app({ settings: { pingIntervalMs: 20 } });
    const [owner, successor] = [lab.v1Client(app.url).socket, lab.v1Client(app.url).socket];
    const register = { protocol: 2, thread_id: THREAD, since: 0 };
    const first = await owner.emitWithAck('register_session', {
      ...{ ...register, attempt: 1, instance: 'a'.repeat(22) },
    });
    const { session_id, session_secret } = first;
    let attempt = 0;
    // An owner that has been silent for two pings is not asked.
    await until('taken over', async () => {
      attempt += 1;
      const claim = { instance: 'b'.repeat(22), attempt, session_id, session_secret };
      const { outcome } = await successor.emitWithAck('register_session', {
        ...register,
        ...claim,
      });
      return outcome === 'resumed';
    });
    await expectFirst(app.url, `sessions/${session_id}`, 'taken_over', {
      title: /^Another tab took the session over: a copied tab, or one that was restored\.$/,
      evidence: [
        RegExp(`^Connection ${successor.id} took it from connection ${owner.id} at ${TIME}\\.$`),
      ],
      ongoing: false,
    });
  });
});

test('a session that there never was is unknown', async (lab) => {
  const app = await lab.app();
  const response = await fetch(`${app.url}/debug/sessions/no-session-0000000000/findings`);
  expect([response.status, (await response.json()).error.code]).toEqual([404, 'session_unknown']);
});
