import { describe, expect } from 'vitest';
import { deliver, follow, numbered, range, THREAD, test } from './lab.fixture.js';

describe('cuts', () => {
  test('the monitor comes back by itself, and every event is applied once', async (lab) => {
    const { server, app } = lab.follow();
    for (let round = 0; round < 10; round += 1) {
      server.publishMany(THREAD, numbered(round * 10 + 1, round * 10 + 10));
      if (round % 2 === 0) await server.settled();
      server.cut();
      expect(app.monitor.status.state).not.toBe('live');
    }
    await server.settled();
    expect(app.seen).toEqual(range(1, 100));
    expect(app.receipts.map(({ outcome }) => outcome).slice(1)).not.toContain('new');
    expect(app.monitor.status.reconnects).toBe(app.receipts.length - 1);
  });

  test('a frame that was under way is lost and comes again', async (lab) => {
    const { server, app } = await lab.live({ latencyMs: 40 });
    server.publishMany(THREAD, numbered(1, 5));
    await lab.clock.advance(39);
    server.cut();
    await server.settled();
    expect(app.receipts.at(-1)).toMatchObject({ outcome: 'resumed', from: 1, replay: 5 });
    expect(app.seen).toEqual([1, 2, 3, 4, 5]);
  });

  test('only the socket that is named is cut', async (lab) => {
    const server = lab.server();
    const [one, other] = [follow(server), follow(server)];
    await server.settled();
    server.cut(one.socket);
    expect([one.socket.connected, other.socket.connected]).toEqual([false, true]);
    await server.settled();
    expect([one.monitor.status.reconnects, other.monitor.status.reconnects]).toEqual([1, 0]);
  });

  test('within a listener', async (lab) => {
    const { server, app } = lab.follow({ threads: { [THREAD]: numbered(1, 9) } });
    app.socket.on('note', ({ n }: { readonly n: number }) => n % 3 === 0 && server.cut());
    await server.settled();
    await deliver(server, 10, 12);
    expect(app.seen).toEqual(range(1, 12));
  });

  test('a monitor whose app has disconnected the socket stays away until it connects it', async (lab) => {
    const { server, app } = await lab.live();
    app.socket.disconnect();
    server.publish(THREAD, 'note', { n: 1 });
    await lab.clock.advance(120_000);
    expect(app.monitor.status.state).toBe('connecting');
    app.socket.connect();
    await server.settled();
    expect(app.seen).toEqual([1]);
  });
});

describe('outages', () => {
  test('half a minute without a server takes no time', async (lab) => {
    const { server, app } = await lab.live({ threads: { [THREAD]: numbered(1, 3) } });
    server.down();
    await deliver(server, 4, 6);
    await lab.clock.advance(30_000);
    expect(app.monitor.status.state).toBe('recovering');
    expect(app.seen).toEqual([1, 2, 3]);
    server.up();
    await server.settled();
    expect(app.seen).toEqual(range(1, 6));
    expect(app.receipts.map(({ outcome }) => outcome)).toEqual(['new', 'resumed']);
  });

  test('a monitor waits for a server that is not there yet', async (lab) => {
    const server = lab.server({ threads: { [THREAD]: numbered(1, 3) } });
    server.down();
    const app = follow(server);
    await lab.clock.advance(10_000);
    expect(app.seen).toEqual([]);
    server.up();
    await server.settled();
    expect(app.seen).toEqual([1, 2, 3]);
  });

  test('a session that was away for more than half an hour is over, and nothing is lost', async (lab) => {
    const { server, app } = await lab.live({ threads: { [THREAD]: numbered(1, 3) } });
    server.down();
    server.publish(THREAD, 'note', { n: 4 });
    await lab.clock.advance(31 * 60_000);
    server.up();
    await server.settled();
    expect(app.receipts.at(-1)).toMatchObject({ outcome: 'new', reason: 'expired', from: 4 });
    expect(app.seen).toEqual([1, 2, 3, 4]);
  });
});

describe('half-open connections', () => {
  test('are noticed by the monitor, which makes a new one', async (lab) => {
    const { server, app } = lab.follow();
    const states: string[] = [];
    await server.settled();
    app.monitor.on('status', ({ state }) => states.at(-1) !== state && states.push(state));
    server.freeze();
    server.publishMany(THREAD, numbered(1, 3));
    await lab.clock.advance(1_000);
    expect(app.seen).toEqual([]);
    expect(app.monitor.status.state).toBe('live');
    const before = lab.clock.now();
    await server.settled();
    expect(lab.clock.now() - before).toBeLessThan(25_000);
    expect(states).toEqual(['degraded', 'recovering', 'registering', 'live']);
    expect(app.seen).toEqual([1, 2, 3]);
  });

  test('that thaw in time bring what has waited, in order', async (lab) => {
    const { server, app } = await lab.live();
    server.freeze(app.socket);
    server.publish(THREAD, 'note', { n: 1 });
    const sent = app.monitor.send('note', { n: 2 });
    await lab.clock.advance(2_000);
    server.thaw(app.socket);
    await server.settled();
    expect(await sent).toBe(2);
    expect(app.seen).toEqual([1, 2]);
    expect(app.monitor.status.reconnects).toBe(0);
  });

  test('that thaw too late bring nothing', async (lab) => {
    const { server, app } = await lab.live();
    server.freeze();
    await deliver(server, 1);
    server.thaw();
    await deliver(server, 2);
    expect(app.seen).toEqual([1, 2]);
    expect(server.followers(THREAD)).toBe(1);
  });

  test('are noticed by the server, too, in the end', async (lab) => {
    const { server, app } = await lab.live();
    server.freeze();
    app.monitor.stop();
    app.socket.disconnect();
    await lab.clock.advance(40_000);
    expect(server.followers(THREAD)).toBe(1);
    await lab.clock.advance(10_000);
    expect(server.followers(THREAD)).toBe(0);
  });

  test('a page that wakes up finds out at once', async (lab) => {
    const { server, app } = await lab.live();
    server.freeze();
    server.publish(THREAD, 'note', { n: 1 });
    lab.clock.wake();
    const before = lab.clock.now();
    await server.settled();
    expect(lab.clock.now() - before).toBeLessThan(5_000);
    expect(app.seen).toEqual([1]);
  });
});

describe('frames', () => {
  test('a lost one is requested when the next one comes', async (lab) => {
    const { server, app } = await lab.live();
    server.loseFrame(THREAD);
    server.publish(THREAD, 'note', { n: 1 });
    await lab.clock.advance(0);
    expect(app.seen).toEqual([]);
    server.publish(THREAD, 'note', { n: 2 });
    await lab.clock.advance(0);
    expect(app.seen).toEqual([1, 2]);
    expect(app.monitor.status.resumes).toBe(1);
  });

  test('a lost one with nothing after it is found by the next ping', async (lab) => {
    const { server, app } = await lab.live();
    server.loseFrame();
    await deliver(server, 1);
    expect(app.seen).toEqual([1]);
    expect(lab.clock.now()).toBe(15_000);
  });

  test('one that comes twice is applied once', async (lab) => {
    const { server, app } = await lab.live();
    await deliver(server, 1, 3);
    server.repeatFrame();
    await deliver(server, 4);
    server.repeatFrame(THREAD);
    await server.settled();
    expect(app.seen).toEqual([1, 2, 3, 4]);
    expect(app.monitor.status.duplicates).toBe(4);
  });

  test('a malformed event is reported, and changes nothing', async (lab) => {
    const { server, app } = await lab.live();
    server.emit('thread_events', { offset: 'one' });
    server.emit('session_expired');
    server.emit('notification', { text: 'an event of the app, beside the thread' }, app.socket);
    app.socket.on('notification', ({ text }: { readonly text: string }) => app.errors.push(text));
    await deliver(server, 1);
    expect(app.errors).toEqual([
      'protocol_error',
      'protocol_error',
      'an event of the app, beside the thread',
    ]);
    expect(app.seen).toEqual([1]);
  });
});
