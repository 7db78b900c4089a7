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

/** Publishes an event every 80 ms, and ephemeral ones in between, until the test ends it. */
function publishing({ sessions }: TestApp) {
  const ended = new AbortController();
  /** When each of them was published. */
  const times: number[] = [];
  const done = (async () => {
    while (!ended.signal.aborted) {
      const n = times.push(Date.now());
      await sessions.publish(THREAD, EVENT, { n });
      // Not at once, and several: an event takes the poll that would carry an ephemeral one.
      for (let times = 0; times < 4; times += 1) {
        await pause(20);
        sessions.publishEphemeral(THREAD, 'typing', { n });
      }
    }
  })();
  return {
    count: () => times.length,
    timeOf: (n: number) => times[n - 1] ?? 0,
    async end() {
      ended.abort();
      await done;
    },
  };
}

/** Everything that one user opens on a server, and the last event that each of them got. */
function everyWay(lab: Lab, { url }: TestApp, user: string) {
  const last: Record<string, number> = {};
  const heard =
    (way: string) =>
    ({ n }: { n: number }) => {
      last[way] = n;
    };
  const options = { thread_id: THREAD, token: user };
  for (const transport of ['websocket', 'polling'] as const) {
    const { socket, monitor } = lab.client(url, { ...options, transport });
    socket.on(EVENT, heard(transport));
    const heardAside = heard(`${transport}, ephemeral`);
    monitor.on('ephemeral', ({ data }) => heardAside(data as { n: number }));
  }
  const v1 = lab.v1Client(url);
  v1.socket.on('connect', () => {
    v1.socket.emit('register_session', { thread_id: THREAD, user_id: user });
  });
  v1.socket.on(EVENT, heard('v1'));
  const headers = { authorization: `Bearer ${user}` };
  const stream = new EventReader(`${url}/threads/${THREAD}/events`, headers);
  stream.connect();
  lab.defer(() => stream.cut());
  /** What each of them got last: those that were served at all. */
  const got = () => {
    const streamed = stream.events.at(-1)?.data as { n: number } | undefined;
    return { ...last, ...(streamed && { SSE: streamed.n }) };
  };
  const isServed = () => Object.keys(got()).length === WAYS;
  return { got, stream, isServed };
}

/** Two monitors, what is ephemeral to each of them, a v1 client, a stream. */
const WAYS = 6;

describe('a revoked user', () => {
  test('gets nothing more, on either server and in no way; other users get everything', async (lab) => {
    const { banned, authorize } = permissions();
    const apps = await pair(lab, authorize);
    const [first, second] = apps as [TestApp, TestApp];
    const bob = await lab.liveClient(second.url, { thread_id: THREAD, token: 'bob' });
    const ways = apps.map((app) => everyWay(lab, app, 'alice'));
    const question = { user_input: 'go on', thread_id: THREAD };
    const reply = await fetch(
      `${first.url}/havefun`,
      jsonPost(question, { authorization: 'Bearer alice' }),
    );
    const publisher = publishing(first);
    await until('all of them get events', () => ways.every(({ isServed }) => isServed()));

    banned.add('alice');
    const outcome = await second.sessions.revokeUser('alice');
    expect(outcome).toEqual({ sessions: 6, streams: 3, unreachable: [] });
    // Nothing that is published from here on is served; the newest may be on its way.
    const newest = publisher.count();
    await reply.text();
    await until('events go on', () => publisher.count() > newest + 25);
    await publisher.end();
    for (const { got } of ways) {
      for (const [way, n] of Object.entries(got())) {
        expect([way, n <= newest]).toEqual([way, true]);
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
    // All grants begin together, when the last of them is asked for.
    const { released, release } = hold();
    let asked = 0;
    let end = 0;
    const authorize: Authorize = async () => {
      asked += 1;
      await released;
      return { user_id: 'alice', expires_at: end };
    };
    const settings = { limits: { authorizeTimeoutMs: 60_000 } };
    const app = await lab.app({ authorize, settings });
    const { got, stream, isServed } = everyWay(lab, app, 'alice');
    await until('all have asked', () => asked === 4);
    end = Date.now() + 6_000;
    release();
    const publisher = publishing(app);
    await until('all of them get events', isServed);
    await until('the stream has ended', () => !stream.connected);
    const before = publisher.count();
    await until('events go on', () => publisher.count() > before + 20);
    await publisher.end();
    for (const [way, n] of Object.entries(got())) {
      expect([way, publisher.timeOf(n) < end + WITHIN_MS]).toEqual([way, true]);
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
