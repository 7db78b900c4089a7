/** Tokens that expire, are refused, or are missing: nothing is lost, nothing hangs, and errors say how to go on. */

import { platform, SessionMonitor, type SessionMonitorOptions } from '@session-monitor/client';
import { overSse } from '@session-monitor/client/sse';
import type { Authorize } from '@session-monitor/server';
import { jwtVerify } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import { describe, expect } from 'vitest';
import { publish } from '../support/app.js';
import { EVENT, loseOneFrame } from '../support/client.js';
import { heldResponder } from '../support/held-responder.js';
import { type Lab, test } from '../support/lab.js';
import { signToken } from '../support/token.js';
import { until } from '../support/until.js';

const THREAD = 'alice:first';
const SECRET = 'a secret of at least 32 characters!';
const KEY = new TextEncoder().encode(SECRET);

/** Tokens of a login server. */
const sign = (lifetimeS: number): string =>
  jsonwebtoken.sign({ sub: 'alice' }, SECRET, { expiresIn: lifetimeS });
const expired = () => sign(-60);
const fresh = () => sign(3_600);

/** An `authorize` as apps write it. */
const byJsonwebtoken: Authorize = ({ token }) => {
  const { sub } = jsonwebtoken.verify(token ?? '', SECRET) as jsonwebtoken.JwtPayload;
  return { user_id: String(sub) };
};
const byJose: Authorize = async ({ token }) => {
  const { payload } = await jwtVerify(token ?? '', KEY);
  return { user_id: String(payload.sub) };
};

/** Returns the tokens of a list in turn, and then repeats the last one. */
function inTurn(...tokens: readonly (() => unknown)[]) {
  let asked = 0;
  const token = () => tokens[Math.min(asked++, tokens.length - 1)]?.() as string;
  return { token, asked: () => asked };
}

function follow(lab: Lab, url: string, options: SessionMonitorOptions) {
  const client = lab.client(url, { thread_id: THREAD, url, ...options });
  const failures: string[] = [];
  client.monitor.on('failed', ({ message }) => failures.push(message));
  const isLive = () => client.monitor.status.state === 'live';
  const live = () => until('live', isLive, { state: () => client.monitor.status });
  return { ...client, failures, live };
}

describe.each([
  ['jsonwebtoken', byJsonwebtoken],
  ['jose', byJose],
])('with %s', (_name, authorize) => {
  test('a token that expires during the session loses nothing', async (lab) => {
    const { app, proxy } = await lab.proxiedApp({ authorize });
    const issued: number[] = [];
    const token = () => {
      issued.push(Date.now());
      return signToken({ sub: 'alice' }, SECRET, 2);
    };
    const { monitor, seen, live, errors } = follow(lab, proxy.url, { token });
    await live();
    await publish(app, THREAD, 1, 5);
    await until('expired', () => Date.now() - (issued.at(-1) ?? 0) > 3_000);
    proxy.cut();
    await publish(app, THREAD, 6, 10);
    await live();
    await until('all of it', () => seen.length === 10);
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect([errors, monitor.status.resets, monitor.status.gaps]).toEqual([[], 0, 0]);
  });

  test('bad tokens are refusals, over HTTP with a challenge', async (lab) => {
    const { app, lines } = await lab.loggedApp({ authorize });
    const read = async (token?: string) => {
      const headers = { accept: 'application/json', authorization: `Bearer ${token ?? ''}` };
      const response = await fetch(`${app.url}/threads/${THREAD}/events`, { headers });
      const { error } = (await response.json()) as { error?: { code: string } };
      return [response.status, error?.code, response.headers.get('www-authenticate')];
    };
    expect(await read(expired())).toEqual([401, 'token_expired', 'Bearer error="invalid_token"']);
    expect(await read('malformed')).toEqual([401, 'unauthenticated', 'Bearer']);
    expect(await read()).toEqual([401, 'unauthenticated', 'Bearer']);
    expect(await read(fresh())).toEqual([200, undefined, null]);
    expect(lines.filter(({ level }) => level >= 40)).toEqual([]);
  });
});

describe('a refused token', () => {
  test('is requested again at once', async (lab) => {
    const app = await lab.app({ authorize: byJsonwebtoken });
    const { token, asked } = inTurn(expired, fresh);
    const { monitor, errors, live } = follow(lab, app.url, { token });
    const begun = performance.now();
    await live();
    expect([asked(), errors]).toEqual([2, []]);
    expect(performance.now() - begun).toBeLessThan(1_500);
    expect(monitor.status.failure).toBeNull();
  });

  test('at a resume is requested again, and nothing is lost', async (lab) => {
    let isExpired = false;
    const app = await lab.app({
      authorize: ({ token }) =>
        isExpired && token === 'first' ? { denied: 'expired' } : { user_id: 'alice' },
    });
    const { token, asked } = inTurn(
      () => 'first',
      () => 'second',
    );
    const { monitor, socket, seen, live, receipts } = follow(lab, app.url, { token });
    await live();
    loseOneFrame(socket);
    await app.sessions.publish(THREAD, EVENT, { n: 1 });
    await until('lost', () => socket.listeners('thread_events').length === 1);
    isExpired = true;
    await publish(app, THREAD, 2, 5);
    await until('all of it', () => seen.length === 5);
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect([monitor.status.resumes, receipts.length, asked()]).toEqual([1, 2, 2]);
  });

  test('fails after several refusals, with an error that says how to go on', async (lab) => {
    let isAllowed = false;
    const app = await lab.app({
      authorize: () => isAllowed || { denied: 'unauthenticated', reason: 'Log in first.' },
    });
    const { token, asked } = inTurn(fresh);
    const environment = { ...platform, random: () => 0 };
    const { socket } = lab.client(app.url, { idle: true });
    const monitor = new SessionMonitor(
      socket,
      { thread_id: THREAD, token, storage: null },
      environment,
    );
    lab.defer(() => monitor.stop());
    const errors: string[] = [];
    const failures: string[] = [];
    monitor.on('error', ({ code }) => errors.push(code));
    monitor.on('failed', ({ message }) => failures.push(message));
    monitor.start();
    await until('failed', () => monitor.status.state === 'failed');
    // The first one, and five more.
    expect(asked()).toBe(6);
    expect(errors).toEqual(Array(4).fill('unauthenticated'));
    expect(failures).toEqual([
      'The token is missing or not valid. Log in first. Call monitor.start() to try again with a fresh token.',
    ]);
    expect(monitor.status.failure?.message).toBe(failures[0]);
    isAllowed = true;
    monitor.start();
    await until('live', () => monitor.status.state === 'live');
    expect(monitor.status.failure).toBeNull();
  });

  test('that is a string fails at once, with a hint that a function can fetch another', async (lab) => {
    let asked = 0;
    const app = await lab.app({
      authorize: () => {
        asked += 1;
        return { denied: 'expired' };
      },
    });
    const { monitor, failures } = follow(lab, app.url, { token: expired() });
    await until('failed', () => monitor.status.state === 'failed');
    expect(asked).toBe(1);
    expect(failures[0]).toMatch(
      /expired.*A function as the option 'token' can fetch a fresh token\.$/,
    );
  });

  test('for good ends the following at once', async (lab) => {
    const app = await lab.app({ authorize: () => ({ denied: 'forbidden', reason: 'Not yours.' }) });
    const { token, asked } = inTurn(fresh);
    const { monitor, failures } = follow(lab, app.url, { token });
    await until('failed', () => monitor.status.state === 'failed');
    expect([asked(), monitor.status.failure?.code]).toEqual([1, 'authorisation']);
    expect(failures[0]).toContain('Not yours. Call monitor.start()');
  });

  test('over server-sent events is requested again, too', async (lab) => {
    const app = await lab.app({ authorize: byJose });
    const { token } = inTurn(expired, fresh);
    const monitor = new SessionMonitor(overSse(app.url), {
      thread_id: THREAD,
      token,
      storage: null,
    });
    lab.defer(() => monitor.stop());
    monitor.start();
    await until('live', () => monitor.status.state === 'live');
    await app.sessions.publish(THREAD, EVENT, { n: 1 });
    await until('the event', () => monitor.status.applied === 1);
  });
});

describe('what is sent with an expired token', () => {
  /** Registers. Then every earlier token has expired. */
  async function stage(lab: Lab) {
    let isExpired = false;
    let given = 0;
    let validFrom = 0;
    const app = await lab.app({
      responder: heldResponder().responder,
      authorize: ({ action, token }) => {
        if (isExpired && action !== 'register') {
          isExpired = false;
          validFrom = given + 1;
        }
        return Number(token) >= validFrom ? { user_id: 'alice' } : { denied: 'expired' };
      },
    });
    const token = () => String(++given);
    const client = follow(lab, app.url, { token });
    await client.live();
    const expire = () => {
      isExpired = true;
    };
    return { app, expire, given: () => given, ...client };
  }

  test('a message is sent again with a new token', async (lab) => {
    const { monitor, expire, given } = await stage(lab);
    expire();
    const { run_id } = await monitor.sendMessage('What is a cursor?');
    expect(run_id).not.toBeNull();
    expect(given()).toBe(3);
    expire();
    expect(await monitor.cancel()).toBe(true);
    expect(given()).toBe(5);
  });

  test('an event is sent in a session with a new token', async (lab) => {
    const { app, monitor, expire, receipts, offsets, errors } = await stage(lab);
    monitor.on('note', (_data, { offset }) => offsets.push(offset));
    expire();
    const sent = [1, 2, 3].map((n) => monitor.send('note', { n }));
    expect(await Promise.all(sent)).toEqual([1, 2, 3]);
    expect(receipts.map(({ outcome }) => outcome)).toEqual(['new', 'resumed']);
    await until('received', () => offsets.length === 3);
    expect([offsets, errors]).toEqual([[1, 2, 3], []]);
    expire();
    monitor.sendEphemeral('typing', true);
    await until('registered again', () => receipts.length === 3);
    expect(await app.sessions.publish(THREAD, EVENT, { n: 4 })).toBe(4);
  });
});

describe('a missing token', () => {
  const bad: readonly (readonly [what: string, token: () => unknown, message: string])[] = [
    ['rejects', () => Promise.reject(new Error('No login server.')), 'No login server.'],
    ['throws', throws, 'Not logged in.'],
    ['gives a number', () => 7, 'of the type number, not a string'],
  ];
  test.for(bad)('whose function %s is an error, and is requested again', async (each, lab) => {
    const [, token, message] = each;
    const app = await lab.app({ authorize: ({ token }) => token === 'good' });
    const tokens = inTurn(token, token, () => 'good');
    const { monitor, errors, live } = follow(lab, app.url, { token: tokens.token });
    await live();
    // The waits in between may add up to more than five seconds: that is an outage.
    const told = errors.filter((error) => error.startsWith("no_token: The option 'token' "));
    expect(told.length).toBe(2);
    expect(told[0]).toContain(message);
    // The monitor keeps the working connection.
    expect(monitor.status.reconnects).toBe(0);
  });

  test('times out after ten seconds; a message waits for the next', async (lab) => {
    const app = await lab.app({
      authorize: ({ token }) => token === 'good',
      // A token that takes so long is too late for a connection that follows nothing.
      settings: { limits: { registerTimeoutMs: 60_000 } },
    });
    const { token, asked } = inTurn(
      () => new Promise(() => {}),
      () => 'good',
    );
    const { monitor, errors, live } = follow(lab, app.url, { token });
    const begun = performance.now();
    const sent = monitor.sendMessage('What is a cursor?');
    await until('it says what it waits for', () => monitor.status.reason !== null);
    expect(monitor.status).toMatchObject({
      state: 'registering',
      next_attempt_at: null,
      reason: 'The app has not given a token yet.',
    });
    await live();
    expect(performance.now() - begun).toBeGreaterThan(10_000);
    // The registration and the message have waited for the same token.
    expect(asked()).toBeLessThanOrEqual(3);
    expect(errors.map((error) => error.split(':')[0])).toEqual(['no_connection', 'no_token']);
    expect(monitor.status).toMatchObject({ reconnects: 0, reason: null });
    await sent;
  });

  test('during a session is reported for the message, which is sent in the end', async (lab) => {
    const app = await lab.app({ authorize: ({ token }) => token === 'good' });
    const { token } = inTurn(
      () => 'good',
      () => Promise.reject(new Error('Offline.')),
      () => 'good',
    );
    const { monitor, errors, live } = follow(lab, app.url, { token });
    await live();
    await monitor.sendMessage('What is a cursor?');
    expect(errors).toEqual(["no_token: The option 'token' failed: Error: Offline."]);
  });
});

function throws(): never {
  throw new Error('Not logged in.');
}
