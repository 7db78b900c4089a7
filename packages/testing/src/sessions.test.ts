import type { Receipt, Refusal } from '@session-monitor/protocol';
import { describe, expect } from 'vitest';
import { deliver, follow, numbered, range, THREAD, tab, test } from './lab.fixture.js';

describe('a server that drains', () => {
  test('says when to come back, and no monitor asks sooner', async (lab) => {
    const { server, app } = lab.follow({ threads: { [THREAD]: numbered(1, 3) } });
    const told: unknown[] = [];
    app.monitor.on('draining', (event) => told.push(event));
    await server.settled();
    server.drain(7_000);
    server.publish(THREAD, 'note', { n: 4 });
    await lab.clock.advance(6_900);
    expect(told).toEqual([{ retry_after_ms: 7_000 }]);
    expect(app.monitor.status.state).toBe('recovering');
    await server.settled();
    expect(lab.clock.now()).toBeGreaterThanOrEqual(7_000);
    expect(app.seen).toEqual([1, 2, 3, 4]);
  });

  test('may be gone for longer than it said', async (lab) => {
    const { server, app } = lab.follow();
    const told: unknown[] = [];
    app.monitor.on('draining', (event) => told.push(event));
    await server.settled();
    server.drain(1_000);
    server.down();
    await lab.clock.advance(20_000);
    expect(told).toEqual([{ retry_after_ms: 1_000 }]);
    expect(app.monitor.status.state).toBe('recovering');
    server.publish(THREAD, 'note', { n: 1 });
    server.up();
    await server.settled();
    expect(app.seen).toEqual([1]);
  });
});

describe('sessions', () => {
  test('that expire notify the monitor, which goes on where it is', async (lab) => {
    const { server, app } = lab.follow({ threads: { [THREAD]: numbered(1, 3) } });
    const told: unknown[] = [];
    app.monitor.on('expired', ({ reason }) => told.push(reason));
    await server.settled();
    server.expire(THREAD);
    await deliver(server, 4);
    expect(told).toEqual(['idle']);
    expect(app.receipts.at(-1)).toMatchObject({ outcome: 'new', reason: 'expired', from: 4 });
    expect(app.seen).toEqual([1, 2, 3, 4]);
  });

  test('that expire during an outage notify the monitor when it is back', async (lab) => {
    const { server, app } = await lab.live();
    server.down();
    server.expire();
    server.up();
    await server.settled();
    expect(app.receipts.at(-1)).toMatchObject({ outcome: 'new', reason: 'expired' });
  });

  test('that another tab takes over are not fought for', async (lab) => {
    const { server, app } = lab.follow({ threads: { [THREAD]: numbered(1, 3) } });
    const told: string[] = [];
    app.monitor.on('taken_over', ({ session_id }) => told.push(session_id));
    await server.settled();
    const mine = app.monitor.status.session_id;
    server.takeOver();
    await deliver(server, 4);
    expect(told).toEqual([mine]);
    expect(app.receipts.at(-1)).toMatchObject({ outcome: 'new', from: 4 });
    expect(app.monitor.status.session_id).not.toBe(mine);
    expect(app.seen).toEqual([1, 2, 3, 4]);
    server.takeOver(THREAD);
    await server.settled();
    expect(told.length).toBe(2);
    expect(server.followers(THREAD)).toBe(1);
  });

  test('of a tab that is duplicated are forked, and each tab gets every event', async (lab) => {
    const server = lab.server({ threads: { [THREAD]: numbered(1, 3) } });
    const { storage, duplicate } = tab();
    const first = follow(server, { storage });
    await server.settled();
    const second = follow(server, { storage: duplicate().storage });
    await server.settled();
    await deliver(server, 4);
    expect(second.receipts).toMatchObject([{ outcome: 'forked' }]);
    expect([first.seen, second.seen]).toEqual([range(1, 4), range(1, 4)]);
    expect(first.monitor.status.session_id).not.toBe(second.monitor.status.session_id);
    expect(first.receipts.length).toBe(1);
  });

  test('of a page that is reloaded are resumed, from the start', async (lab) => {
    const server = lab.server({ threads: { [THREAD]: numbered(1, 3) } });
    const { storage } = tab();
    const before = follow(server, { storage });
    await server.settled();
    before.monitor.stop();
    before.socket.disconnect();
    const after = follow(server, { storage });
    await server.settled();
    const { session_id, generation = 0 } = before.receipts[0] ?? {};
    expect(after.receipts).toMatchObject([
      { outcome: 'resumed', session_id, generation: generation + 1 },
    ]);
    expect(after.seen).toEqual([1, 2, 3]);
  });

  test('whose secret is wrong are unknown', async (lab) => {
    const server = lab.server();
    const owner = follow(server);
    await server.settled();
    const { storage } = tab();
    const session = { id: owner.receipts[0]?.session_id, secret: 's'.repeat(22) };
    storage.setItem(`session_monitor:${THREAD}`, JSON.stringify(session));
    const app = follow(server, { storage });
    await server.settled();
    expect(app.receipts).toMatchObject([{ outcome: 'new', reason: 'unknown_session' }]);
    expect(app.receipts[0]?.session_id).not.toBe(session.id);
  });

  test('a monitor that turns to another thread leaves the former one', async (lab) => {
    const { server, app } = await lab.live(
      { threads: { a: numbered(1, 3), b: numbered(11, 12) } },
      { thread_id: 'a' },
    );
    app.monitor.start('b');
    await server.settled();
    server.publish('a', 'note', { n: 4 });
    await server.settled();
    expect([server.followers('a'), server.followers('b')]).toEqual([0, 1]);
    expect(app.seen).toEqual([1, 2, 3, 11, 12]);
  });

  test('a monitor that is stopped and started goes on', async (lab) => {
    const { server, app } = await lab.live({ threads: { [THREAD]: numbered(1, 3) } });
    app.monitor.stop();
    await deliver(server, 4);
    expect(server.followers(THREAD)).toBe(0);
    app.monitor.start();
    await server.settled();
    expect(app.seen).toEqual([1, 2, 3, 4]);
    expect(app.receipts.map(({ outcome }) => outcome)).toEqual(['new', 'resumed']);
  });
});

describe('refusals', () => {
  test('that are final fail the monitor, with the fault', async (lab) => {
    const { server, app } = await lab.live();
    server.refuse('authorisation');
    server.cut();
    await server.settled();
    expect(app.monitor.status).toMatchObject({
      state: 'failed',
      failure: { code: 'authorisation', retryable: false },
    });
    app.monitor.start();
    await deliver(server, 1);
    expect(app.seen).toEqual([1]);
  });

  test('that are for now are asked again, when the server says', async (lab) => {
    const server = lab.server({ threads: { [THREAD]: numbered(1, 3) } });
    server.refuse('unavailable', { times: 2, retryAfterMs: 4_000 });
    const app = follow(server);
    await server.settled();
    expect(lab.clock.now()).toBeGreaterThanOrEqual(8_000);
    expect(app.errors).toEqual(['unavailable', 'unavailable', 'no_connection']);
    expect(app.seen).toEqual([1, 2, 3]);
  });

  test('of a token make the monitor get another one, and settled waits for that', async (lab) => {
    const server = lab.server({ threads: { [THREAD]: numbered(1, 3) } });
    let tokens = 0;
    server.refuse('token_expired', { times: 3 });
    const app = follow(server, { token: async () => `token ${++tokens}` });
    await server.settled();
    expect([tokens, app.seen, app.monitor.status.state]).toEqual([4, [1, 2, 3], 'live']);
    server.refuse('unauthenticated', { times: 6 });
    server.cut();
    await server.settled();
    expect(app.monitor.status.failure?.code).toBe('unauthenticated');
    app.monitor.start();
    await server.settled();
    expect(app.monitor.status.state).toBe('live');
  });

  test('of a token that is a string fail the monitor, and settled finds that out', async (lab) => {
    const server = lab.server();
    server.refuse('token_expired');
    const app = follow(server, { token: 'text' });
    await server.settled();
    expect(app.monitor.status).toMatchObject({
      state: 'failed',
      failure: { code: 'token_expired' },
    });
  });

  test('of a token lose no event and no question', async (lab) => {
    let tokens = 0;
    const { server, app } = await lab.live({}, { token: () => String(++tokens) });
    for (const request of ['send', 'ask'] as const) {
      server.refuse('token_expired', { request, times: 2 });
    }
    const sent = app.monitor.send('note', { n: 1 });
    const asked = app.monitor.sendMessage('May I?');
    await lab.clock.advance(30_000);
    expect(await sent).toBeGreaterThan(0);
    expect((await asked).run_id).not.toBeNull();
    expect(app.seen).toEqual([1]);
    expect(app.receipts.map(({ outcome }) => outcome)).toEqual(['new', 'resumed', 'resumed']);
  });

  test('go on until the server accepts', async (lab) => {
    const server = lab.server();
    server.refuse('unavailable', { times: Number.POSITIVE_INFINITY });
    const app = follow(server);
    await lab.clock.advance(120_000);
    expect(app.monitor.status.state).toBe('registering');
    server.accept();
    await server.settled();
    expect(app.monitor.status.state).toBe('live');
  });

  test('of a resume are tried again, or end in a registration', async (lab) => {
    const { server, app } = await lab.live();
    for (const [index, code] of (['unavailable', 'token_expired'] as const).entries()) {
      server.refuse(code, { request: 'resume' });
      server.loseFrame();
      server.publish(THREAD, 'note', { n: 2 * index + 1 });
      await lab.clock.advance(0);
      server.publish(THREAD, 'note', { n: 2 * index + 2 });
      await server.settled();
    }
    expect(app.seen).toEqual([1, 2, 3, 4]);
    expect(app.receipts.length).toBe(2);
  });

  for (const [event, request] of [
    ['register_session', 'register'],
    ['thread_resume', 'resume'],
  ] as const) {
    test(`that are final (${event}) end what was granted before`, async (lab) => {
      const { server, socket } = await lab.connect();
      const ask = <T>(name: string, message: object): Promise<T> =>
        new Promise((resolve) => socket.emit(name, message, resolve));
      const registration = { protocol: 2, thread_id: THREAD, instance: 'i'.repeat(22) };
      const receipt = await ask<Receipt>('register_session', { ...registration, attempt: 1 });
      const { session_id, session_secret, cursor } = receipt;
      const again = { ...registration, attempt: 2, session_id, session_secret, cursor };
      server.refuse('authorisation', { request });
      expect(server.followers(THREAD)).toBe(1);
      expect((await ask<Refusal>(event, again)).error.code).toBe('authorisation');
      expect(server.followers(THREAD)).toBe(0);
    });
  }

  test('of an event reject what was sent', async (lab) => {
    const { server, app } = await lab.live();
    server.refuse('authorisation', { request: 'send' });
    const refused = app.monitor.send('note', { n: 1 });
    await expect(refused).rejects.toMatchObject({ code: 'ERR_REFUSED' });
    server.refuse('unavailable', { request: 'send', times: 2 });
    const sent = app.monitor.send('note', { n: 2 });
    await lab.clock.advance(60_000);
    expect(await sent).toBe(1);
    expect(app.seen).toEqual([2]);
  });

  test('is kept while the server has no room, and sent again', async (lab) => {
    const { server, app } = lab.follow();
    server.refuse('storage_full', { request: 'send', times: 3, retryAfterMs: 5_000 });
    const sent = app.monitor.send('note', { n: 1 });
    await lab.clock.advance(9_000);
    expect(app.seen).toEqual([]);
    await lab.clock.advance(60_000);
    expect(await sent).toBe(1);
    expect(app.seen).toEqual([1]);
  });
});
