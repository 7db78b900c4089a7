/** Rights that end: by a revocation on any server, or with the grant. Nothing is served a second later. */

import type { Authorize } from '@session-monitor/server';
import { openRedisStore } from '@session-monitor/server/redis';
import { describe, expect } from 'vitest';
import type { TestApp } from '../support/app.js';
import { EVENT } from '../support/client.js';
import { EventReader } from '../support/event-reader.js';
import { heldResponder } from '../support/held-responder.js';
import { jsonPost } from '../support/json.js';
import { type Lab, test } from '../support/lab.js';
import { hold, pause, range, times, until } from '../support/until.js';

const THREAD = 'shared';
const WITHIN_MS = 1_000;

/** Grants everything to the user that the token (or, in v1, the registration) names, unless that is banned. */
function permissions() {
  const banned = new Set<string>();
  const authorize: Authorize = ({ action, token, user_id }) => {
    const user = token ?? user_id ?? '';
    if (banned.has(user)) return { denied: 'forbidden' };
    if (action === 'administer') return { admin: user === 'operator' };
    return { user_id: user };
  };
  return { banned, authorize };
}

/** Two servers on one Redis, in this process. */
async function pair(lab: Lab, authorize: Authorize): Promise<readonly TestApp[]> {
  const { url } = await lab.redis({ appendfsync: 'no' });
  const { responder, release } = heldResponder();
  const apps = times(2, async () => {
    const store = await openRedisStore({ url, waive: ['appendfsync'] });
    return lab.app({ store, authorize, responder });
  });
  lab.defer(release);
  return Promise.all(apps);
}

/** Publishes an event every 20 ms, until the test ends it. */
function publishing({ sessions }: TestApp) {
  const ended = new AbortController();
  let published = 0;
  const done = (async () => {
    while (!ended.signal.aborted) {
      published += 1;
      await sessions.publish(THREAD, EVENT, { n: published });
      sessions.publishEphemeral(THREAD, 'typing', { n: published });
      await pause(20);
    }
  })();
  return {
    count: () => published,
    async end() {
      ended.abort();
      await done;
    },
  };
}

/** Everything that one user has open on a server, and when each of them last got something. */
async function everyWay(lab: Lab, { url }: TestApp, user: string) {
  const last: Record<string, number> = {};
  const heard = (way: string) => () => {
    last[way] = Date.now();
  };
  const options = { thread_id: THREAD, token: user };
  for (const transport of ['websocket', 'polling'] as const) {
    const { socket, monitor } = await lab.liveClient(url, { ...options, transport });
    socket.on(EVENT, heard(transport));
    monitor.on('ephemeral', heard(`${transport}, ephemeral`));
  }
  const v1 = lab.v1Client(url);
  await v1.register(THREAD, { user_id: user });
  v1.socket.on(EVENT, heard('v1'));
  const headers = { authorization: `Bearer ${user}` };
  const stream = new EventReader(`${url}/threads/${THREAD}/events`, headers);
  stream.connect();
  lab.defer(() => stream.cut());
  const watch = setInterval(() => {
    if (stream.events.length > seen) heard('SSE')();
    seen = stream.events.length;
  }, 5);
  let seen = 0;
  lab.defer(() => clearInterval(watch));
  return { last, stream };
}

describe('a revoked user', () => {
  test('gets nothing more, on either server and in no way; other users get everything', async (lab) => {
    const { banned, authorize } = permissions();
    const apps = await pair(lab, authorize);
    const [first, second] = apps as [TestApp, TestApp];
    const bob = await lab.liveClient(second.url, { thread_id: THREAD, token: 'bob' });
    const ways = await Promise.all(apps.map((app) => everyWay(lab, app, 'alice')));
    const question = { user_input: 'go on', thread_id: THREAD };
    const reply = await fetch(
      `${first.url}/havefun`,
      jsonPost(question, { authorization: 'Bearer alice' }),
    );
    const publisher = publishing(first);
    await until('all of them get events', () =>
      ways.every(({ last }) => Object.keys(last).length === 6),
    );

    const revokedAt = Date.now();
    banned.add('alice');
    const outcome = await second.sessions.revokeUser('alice');
    expect(outcome).toEqual({ sessions: 6, streams: 3, unreachable: [] });
    await reply.text();
    expect(Date.now() - revokedAt).toBeLessThan(WITHIN_MS);
    const before = publisher.count();
    await until('events go on', () => publisher.count() > before + 100);
    await publisher.end();
    for (const { last } of ways) {
      for (const [way, at] of Object.entries(last)) {
        expect([way, at - revokedAt < WITHIN_MS]).toEqual([way, true]);
      }
    }
    await until('bob has all', () => bob.seen.length === publisher.count());
    expect(bob.seen).toEqual(range(1, publisher.count()));
  });

  test('is not served what was granted while the rights were revoked', async (lab) => {
    const asked = hold();
    let questions = 0;
    const app = await lab.app({
      authorize: async ({ action, token }) => {
        questions += 1;
        if (action === 'register' && questions === 1) await asked.released;
        return questions > 1 ? { denied: 'forbidden' } : { user_id: token ?? '' };
      },
    });
    const client = lab.client(app.url, { thread_id: THREAD, token: 'alice' });
    await until('asked', () => questions === 1);
    expect(await app.sessions.revokeUser('alice')).toMatchObject({ sessions: 0 });
    asked.release();
    await until('refused', () => client.monitor.status.state === 'failed');
    expect(client.receipts).toEqual([]);
    expect(questions).toBe(2);
  });
});

test('a revoked session cannot be resumed with what its client knows', async (lab) => {
  const { authorize } = permissions();
  const app = await lab.app({ authorize });
  const client = await lab.liveClient(app.url, { thread_id: THREAD, token: 'alice' });
  const session_id = client.receipts[0]?.session_id ?? '';
  await app.sessions.publish(THREAD, EVENT, { n: 1 });
  await until('seen', () => client.seen.length === 1);
  expect(await app.sessions.revokeSession(session_id)).toMatchObject({ sessions: 1 });
  await until('registered again', () => client.receipts.length === 2);
  await app.sessions.publish(THREAD, EVENT, { n: 2 });
  await until('seen', () => client.seen.length === 2);
  // The thread itself goes on where it was.
  expect([client.seen, client.resets, client.gaps]).toEqual([[1, 2], [], []]);
});

test('over HTTP only an administrator revokes', async (lab) => {
  const { authorize } = permissions();
  const { url } = await lab.app({ authorize });
  const post = async (user: string, body: object) => {
    const authorization = `Bearer ${user}`;
    const response = await fetch(`${url}/revocations`, jsonPost(body, { authorization }));
    return [response.status, await response.json()];
  };
  expect(await post('alice', { user_id: 'bob' })).toMatchObject([
    403,
    { error: { code: 'authorisation' } },
  ]);
  const nothing = { sessions: 0, streams: 0, unreachable: [] };
  expect(await post('operator', { user_id: 'bob' })).toEqual([200, nothing]);
  expect(await post('operator', { thread_id: THREAD })).toEqual([200, nothing]);
  for (const body of [{}, { user_id: 'bob', thread_id: THREAD }, { user_id: 7 }, []]) {
    expect(await post('operator', body)).toMatchObject([400, { error: { code: 'bad_request' } }]);
  }
  // What a hook says that does not know the action grants nothing.
  const old = await lab.app({ authorize: () => true });
  const response = await fetch(`${old.url}/revocations`, jsonPost({ user_id: 'bob' }));
  expect(response.status).toBe(403);
});

describe('a grant that ends', () => {
  /** Grants for as long as the token says: its text is the time of its end. */
  const byExpiry: Authorize = ({ token }) => ({ user_id: 'alice', expires_at: Number(token) });
  const lasting = (ms: number) => String(Date.now() + ms);

  test('is renewed before, and nothing is interrupted', async (lab) => {
    const app = await lab.app({ authorize: byExpiry });
    const tokens: number[] = [];
    const client = await lab.liveClient(app.url, {
      thread_id: THREAD,
      token: () => {
        tokens.push(Date.now());
        return lasting(1_500);
      },
    });
    let connections = 0;
    client.socket.on('connect', () => (connections += 1));
    const publisher = publishing(app);
    await until('three tokens', () => tokens.length >= 4);
    await publisher.end();
    await until('all of it', () => client.seen.length === publisher.count());
    expect(client.seen).toEqual(range(1, publisher.count()));
    expect([client.errors, client.resets, client.gaps, connections]).toEqual([[], [], [], 0]);
  });

  test('without a fresh token ends the session, a v1 session and a stream', async (lab) => {
    // Long enough for all of them to begin on a busy machine.
    const end = Date.now() + 8_000;
    const authorize: Authorize = () => ({ user_id: 'alice', expires_at: end });
    const app = await lab.app({ authorize });
    const { last, stream } = await everyWay(lab, app, 'alice');
    const publisher = publishing(app);
    await until('all of them get events', () => Object.keys(last).length === 6);
    await until('the stream has ended', () => !stream.connected);
    const before = publisher.count();
    await until('events go on', () => publisher.count() > before + 70);
    await publisher.end();
    for (const [way, at] of Object.entries(last)) {
      expect([way, at - end < WITHIN_MS]).toEqual([way, true]);
    }
    expect(app.sessions.stats().sessions).toBe(0);
  });
});

test('a token in seconds is refused, and the log says why', async (lab) => {
  const { url, lines } = await lab.loggedApp({
    authorize: () => ({ user_id: 'alice', expires_at: Math.round(Date.now() / 1_000) + 60 }),
  });
  const client = lab.client(url, { thread_id: THREAD });
  await until('failed', () => client.monitor.status.state === 'failed');
  expect(JSON.stringify(lines)).toContain('milliseconds since 1970');
});
