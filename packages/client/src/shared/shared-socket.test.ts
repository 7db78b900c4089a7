import { describe, expect, test } from 'vitest';
import { receipt } from '../core/step.fixture.js';
import { StubSocket } from '../follower/fake-socket.fixture.js';
import { SessionMonitor } from '../session-monitor.js';
import { FakeBrowser, type FakeTab } from './fake-browser.fixture.js';

type Tab = FakeTab<StubSocket>;

/** Sockets as `io(url, { autoConnect: false })` returns them. */
const openBrowser = () => new FakeBrowser(() => Object.assign(new StubSocket(), { active: false }));

/** Two tabs that want a connection and have one; the first leads. */
async function two() {
  const browser = openBrowser();
  const [first, second] = [browser.open(), browser.open()];
  const told = [writeDown(first), writeDown(second)] as const;
  first.socket.connect();
  second.socket.connect();
  await browser.clock.advance(0);
  first.real.accept();
  await browser.clock.advance(0);
  return { browser, first, second, told };
}

/** What a tab's socket says. */
function writeDown({ socket, name }: Tab): string[] {
  const told: string[] = [];
  socket.on('connect', () => told.push('connect'));
  socket.on('disconnect', (reason: string) => told.push(`disconnect: ${reason}`));
  socket.on('connect_error', ({ message }: Error) => told.push(`connect_error: ${message}`));
  socket.on('news', (text: string) => told.push(`${name} ${text}`));
  return told;
}

describe('one connection for all tabs', () => {
  test('is missed in each of them, for the same reason, and comes back by `retry`', async () => {
    const { browser, first, second } = await two();
    const monitors = [first, second].map(({ socket, environment }) =>
      new SessionMonitor(socket, { thread_id: 't', storage: null }, environment).start(),
    );
    const errors: string[] = [];
    for (const monitor of monitors) monitor.on('error', ({ code }) => errors.push(code));
    first.real.lose('transport close');
    await browser.clock.advance(1_000);
    first.real.fail('xhr poll error');
    await browser.clock.advance(4_500);
    const reason =
      'The server cannot be reached, or it refuses pages of this origin (xhr poll error).';
    expect(monitors.map(({ status }) => status.reason)).toEqual([reason, reason]);
    expect(errors).toEqual(['no_connection', 'no_connection']);
    const { attempts } = first.real;
    monitors[1]?.retry();
    await browser.clock.advance(0);
    expect(first.real.attempts).toBe(attempts + 1);
    for (const monitor of monitors) monitor.stop();
  });

  test('is made by the leader, and is shared by all tabs', async () => {
    const { browser, first, second, told } = await two();
    expect([first.socket.leads, second.socket.leads]).toEqual([true, false]);
    expect([first.made.length, second.made.length]).toEqual([1, 0]);
    first.real.receive('news', 'a');
    await browser.clock.advance(0);
    expect(told).toEqual([
      ['connect', 'tab-1 a'],
      ['connect', 'tab-2 a'],
    ]);
    expect(second.socket.io.uri).toBe('http://server');
  });

  test('answers the tab that has asked, and no other', async () => {
    const { browser, first, second } = await two();
    const answers: unknown[] = [];
    second.socket.emit('ask', { n: 1 }, (answer: unknown) => answers.push(answer));
    await browser.clock.advance(0);
    const [event, message, answer] = first.real.emitted.at(-1) ?? [];
    expect([event, message]).toEqual(['ask', { n: 1 }]);
    (answer as (value: unknown) => void)('yes');
    await browser.clock.advance(0);
    expect(answers).toEqual(['yes']);
  });

  test('says which transport it is, for each tab', async () => {
    const { browser, first, second } = await two();
    const upgrades: string[] = [];
    for (const { name, socket } of [first, second]) {
      socket.io.engine.on('upgrade', () =>
        upgrades.push(`${name} ${socket.io.engine.transport.name}`),
      );
    }
    first.real.upgrade();
    await browser.clock.advance(0);
    expect(upgrades).toEqual(['tab-1 websocket', 'tab-2 websocket']);
  });

  test('keeps what an app emits before it is there', async () => {
    const browser = openBrowser();
    const tab = browser.open();
    tab.socket.emit('early', 1);
    tab.socket.connect();
    await browser.clock.advance(0);
    tab.real.accept();
    await browser.clock.advance(0);
    expect(tab.real.emitted).toEqual([['early', 1]]);
  });

  test('ends when no tab wants it, and not before', async () => {
    const { browser, first, second, told } = await two();
    first.socket.disconnect();
    await browser.clock.advance(0);
    expect([first.real.connected, first.socket.connected]).toEqual([true, false]);
    expect(told[0].at(-1)).toBe('disconnect: io client disconnect');
    second.socket.disconnect();
    await browser.clock.advance(0);
    expect(first.real.connected).toBe(false);
  });

  test('is lost for all, and tabs that want it back share one attempt', async () => {
    const { browser, first, second, told } = await two();
    const { attempts } = first.real;
    first.real.lose('transport close');
    await browser.clock.advance(0);
    expect(told.map((each) => each.at(-1))).toEqual([
      'disconnect: transport close',
      'disconnect: transport close',
    ]);
    for (const { socket } of [first, second]) socket.disconnect().connect();
    await browser.clock.advance(0);
    expect(first.real.attempts).toBeLessThanOrEqual(attempts + 2);
    const errors: unknown[] = [];
    second.socket.on('connect_error', (error: unknown) => errors.push(error));
    first.real.fail('refused');
    await browser.clock.advance(0);
    expect(told[1].at(-1)).toBe('connect_error: refused');
    // What a status is made of: whether it was the network, and what a proxy has answered.
    expect(errors).toMatchObject([{ type: 'TransportError', description: 0 }]);
    first.real.accept();
    await browser.clock.advance(0);
    expect(told.map((each) => each.at(-1))).toEqual(['connect', 'connect']);
  });

  test('is replaced when a tab finds it dead, once for all tabs', async () => {
    const { browser, first, second } = await two();
    await browser.clock.advance(3_000);
    const { attempts } = first.real;
    for (const { socket } of [second, first]) socket.disconnect().connect();
    await browser.clock.advance(0);
    expect(first.real.attempts).toBe(attempts + 1);
    first.real.accept();
    await browser.clock.advance(0);
    expect([first.socket.connected, second.socket.connected]).toEqual([true, true]);
    // A moment later it is not made again: the tab looks at the new one.
    second.socket.disconnect().connect();
    await browser.clock.advance(0);
    expect(first.real.attempts).toBe(attempts + 1);
    expect(second.socket.connected).toBe(true);
  });
});

describe('the tab that leads', () => {
  const after = async (act: (tab: Tab) => void, ms = 0) => {
    const { browser, first, second, told } = await two();
    act(first);
    await browser.clock.advance(ms);
    return { browser, first, second, told };
  };

  test('is followed by the next one the moment that it closes or crashes', async () => {
    for (const end of [(tab: Tab) => tab.putAway(), (tab: Tab) => tab.crash()]) {
      const { browser, second, told } = await after(end);
      expect(second.socket.leads).toBe(true);
      expect(told[1].at(-1)).toBe('disconnect: transport close');
      expect(second.real.attempts).toBe(1);
      second.real.accept();
      await browser.clock.advance(0);
      expect(told[1].at(-1)).toBe('connect');
    }
  });

  test('is deposed a second after it was asked and did not answer', async () => {
    const { browser, first, second, told } = await after((tab) => tab.hang());
    second.socket.disconnect().connect();
    await browser.clock.advance(500);
    // Asking again gives the leader no more time.
    second.socket.disconnect().connect();
    await browser.clock.advance(400);
    expect(second.socket.leads).toBe(false);
    await browser.clock.advance(200);
    expect(second.socket.leads).toBe(true);
    second.real.accept();
    await browser.clock.advance(0);
    // It goes on, and finds itself deposed: it follows.
    first.goOn();
    await browser.clock.advance(0);
    expect([first.socket.leads, second.socket.leads]).toEqual([false, true]);
    expect([first.real.connected, first.socket.connected]).toEqual([false, true]);
    second.real.receive('news', 'b');
    await browser.clock.advance(0);
    expect(told.map((each) => each.at(-1))).toEqual(['tab-1 b', 'tab-2 b']);
  });

  test('is deposed a second after the user looks at another tab, if it is frozen', async () => {
    const { browser, first, second } = await after((tab) => tab.hang());
    // No tab has noticed: as far as they know, the connection is there.
    await browser.clock.advance(60_000);
    expect([second.socket.leads, second.socket.connected]).toEqual([false, true]);
    second.wake();
    await browser.clock.advance(900);
    expect(second.socket.leads).toBe(false);
    await browser.clock.advance(200);
    expect(second.socket.leads).toBe(true);
    second.real.accept();
    first.goOn();
    await browser.clock.advance(0);
    expect([first.socket.leads, second.socket.connected]).toEqual([false, true]);
  });

  test("comes out of the browser's cache as one that follows", async () => {
    const { browser, first, second } = await after((tab) => tab.putAway());
    second.real.accept();
    first.bringBack();
    first.socket.connect();
    await browser.clock.advance(0);
    expect([first.socket.leads, first.socket.connected]).toEqual([false, true]);
  });

  test('ends the sessions of a tab that is gone without a word', async () => {
    const { browser, first, second } = await two();
    second.socket.emit('register_session', {}, () => {});
    await browser.clock.advance(0);
    const answer = first.real.emitted.at(-1)?.at(-1) as (receipt: object) => void;
    const session = { session_id: 'a-session', generation: 3 };
    answer(receipt(session));
    second.crash();
    await browser.clock.advance(0);
    expect(first.real.emitted.at(-1)).toEqual(['leave_session', session]);
    expect(first.real.connected).toBe(true);
  });
});
