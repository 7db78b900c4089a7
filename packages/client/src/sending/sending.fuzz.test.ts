/**
 * What an app sends and asks, in worlds made from seeds: connections are cut or die, the server goes away, pages hang,
 * are put away, crash and reload with the same storage, tokens expire. Real monitors, in virtual time, on the session
 * server of the testing kit. In the end the thread holds each event and each message once, in the order in which
 * they were sent.
 */

import { expect, test } from 'vitest';
import { fakeClock } from '../../../testing/src/fake-clock.js';
import { type FakeServer, fakeServer } from '../../../testing/src/fake-server.js';
import type { FakeSocket } from '../../../testing/src/fake-socket.js';
import { Random } from '../../../testing/src/random.js';
import { type Action, pickAction } from '../fuzz.fixture.js';
import { FakePage } from '../platform/fake-page.fixture.js';
import type { SessionStorage } from '../platform/storage.js';
import { SessionMonitor } from '../session-monitor.js';

/** `SENDING_WORLDS=2000 npx vitest run packages/client/src/sending` takes a minute or two. */
const WORLDS = Number(process.env.SENDING_WORLDS ?? 60);
const THREAD = 't';
const STEPS = 25;
/** Longer than anything takes that a monitor waits for. */
const SETTLED_MS = 300_000;

interface Tab {
  readonly page: FakePage;
  readonly socket: FakeSocket;
  readonly monitor: SessionMonitor;
}

const numbers = (to: number): number[] => Array.from({ length: to }, (_, index) => index + 1);

class SendingWorld {
  readonly clock;
  readonly server: FakeServer;
  readonly random: Random;
  readonly actions: string[] = [];
  /** The offset that the server confirmed to the sending page, by event. */
  readonly told = new Map<number, number>();
  readonly refused: string[] = [];
  readonly #saved = new Map<string, string>();
  readonly #storage: SessionStorage = {
    getItem: (key) => this.#saved.get(key) ?? null,
    setItem: (key, value) => void this.#saved.set(key, value),
  };
  #tab: Tab;
  #isAway = false;
  readonly #expiries = new Map<string, number>();
  events = 0;
  messages = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
    this.clock = fakeClock({ seed });
    this.server = fakeServer({ clock: this.clock });
    this.#tab = this.#load();
  }

  get monitor(): SessionMonitor {
    return this.#tab.monitor;
  }

  #load(): Tab {
    const page = new FakePage(this.clock);
    const socket = this.server.socket();
    const token = () =>
      new Promise<string>((resolve) => {
        page.after(this.random.next() * 500, () => resolve('token'));
      });
    const options = { thread_id: THREAD, storage: this.#storage, token };
    /** Answers reach the page while it is there. */
    const fetch = (url: string, init?: RequestInit) =>
      new Promise<Response>((resolve, reject) => {
        this.server.fetch(url, init).then(
          (response) => page.run(() => resolve(response)),
          (error: unknown) => page.run(() => reject(error)),
        );
      });
    const monitor = new SessionMonitor(socket, { ...options, fetch }, page.environment);
    monitor.on('error', ({ code, message }) => code === 'no_token' && this.refused.push(message));
    return { page, socket, monitor: monitor.start() };
  }

  send(): void {
    const n = ++this.events;
    this.monitor.send('note', { n }).then(
      (offset) => this.told.set(n, offset),
      (error: unknown) => this.refused.push(String(error)),
    );
  }

  ask(): void {
    const n = ++this.messages;
    this.monitor
      .sendMessage(String(n), { policy: 'queue' })
      .catch((error: unknown) => this.refused.push(String(error)));
  }

  /** The server takes the token no more; in all no more often than a monitor asks for another one. */
  expireToken(): void {
    const request = (['register', 'resume', 'send', 'ask'] as const)[
      Math.floor(this.random.next() * 4)
    ];
    if (!request) return;
    const before = this.#expiries.get(request) ?? 0;
    const times = Math.min(5 - before, 1 + Math.floor(this.random.next() * 3));
    if (times < 1) return;
    this.#expiries.set(request, before + times);
    const code = this.random.next() < 0.5 ? 'token_expired' : 'unauthenticated';
    this.server.refuse(code, { request, times });
  }

  /** The page is gone without a word; the next one has its storage. */
  reload(): void {
    const { page, socket } = this.#tab;
    page.crash();
    socket.off().offAny();
    socket.io.off();
    socket.disconnect();
    this.#isAway = false;
    this.#tab = this.#load();
  }

  hang(): void {
    const { page, socket } = this.#tab;
    page.hang();
    if (socket.connected) this.server.freeze(socket);
  }

  putAway(): void {
    this.#tab.page.putAway();
    this.#isAway = true;
    this.hang();
  }

  goOn(): void {
    const { page, socket } = this.#tab;
    page.goOn();
    if (socket.connected) this.server.thaw(socket);
    if (this.#isAway) page.bringBack();
    this.#isAway = false;
  }

  happen(): void {
    const { page, monitor } = this.#tab;
    const actions: readonly Action[] = [
      ['send', page.hangs ? 0 : 8, () => this.send()],
      ['ask', page.hangs ? 0 : 3, () => this.ask()],
      ['cut', 3, () => this.server.cut()],
      ['die', 1, () => this.server.freeze()],
      ['down', 2, () => this.server.down()],
      ['up', 4, () => this.server.up()],
      ['drain', 1, () => this.server.drain(200)],
      ['expire', this.server.followers(THREAD) > 0 ? 1 : 0, () => this.server.expire()],
      ['token expires', 2, () => this.expireToken()],
      ['reload', 2, () => this.reload()],
      ['hang', 1, () => this.hang()],
      ['put away', page.hangs ? 0 : 1, () => this.putAway()],
      ['go on', page.hangs ? 8 : 0, () => this.goOn()],
      ['restart', page.hangs ? 0 : 1, () => monitor.stop().start()],
    ];
    const at = this.clock.now();
    this.actions.push(`${at} ${pickAction(this.random, actions)}`);
  }

  sent(): readonly number[] {
    const all = this.server.events(THREAD);
    return all.flatMap(({ event, data }) =>
      event === 'note' ? [(data as { readonly n: number }).n] : [],
    );
  }

  sentMessages(): readonly number[] {
    const all = this.server.events(THREAD);
    return all.flatMap(({ event, data }) =>
      event === 'run_started' ? [Number((data as { readonly user_input: string }).user_input)] : [],
    );
  }

  async settle(): Promise<void> {
    this.server.up();
    this.goOn();
    await this.clock.advance(1_000);
    const isSettled = () =>
      this.monitor.status.state === 'live' &&
      this.sent().length >= this.events &&
      this.sentMessages().length >= this.messages;
    await this.clock.advanceUntil(isSettled, SETTLED_MS);
    // What is sent twice is sent soon.
    await this.clock.advance(60_000);
  }

  close(): void {
    this.monitor.stop();
    this.server.close();
  }
}

test(`in ${WORLDS} worlds what is sent and asked is there once, in order`, {
  timeout: 600_000,
}, async () => {
  for (let seed = 1; seed <= WORLDS; seed += 1) {
    const world = new SendingWorld(seed);
    for (let step = 0; step < STEPS; step += 1) {
      world.happen();
      await world.clock.advance(Math.floor(world.random.next() ** 4 * 20_000));
    }
    const story = () => `seed ${seed}: ${world.actions.join(', ')}`;
    await world.settle().catch((error: unknown) => {
      const state = [world.monitor.status.state, world.sent(), world.sentMessages(), world.refused];
      throw new Error(`${story()}; ${JSON.stringify(state)}`, { cause: error });
    });
    expect(world.sent(), story()).toEqual(numbers(world.events));
    expect(world.sentMessages(), story()).toEqual(numbers(world.messages));
    expect(world.refused, story()).toEqual([]);
    const log = world.server.events(THREAD);
    for (const [n, offset] of world.told) {
      expect(log.find((each) => each.offset === offset)?.data, story()).toEqual({ n });
    }
    world.close();
  }
});
