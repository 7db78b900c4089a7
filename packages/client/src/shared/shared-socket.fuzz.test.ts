/**
 * Tabs that share, in worlds made from seeds: they open, crash, hang, are put away and brought back, while connections
 * are cut or die and events are published. Real monitors, in virtual time, on the session server of the testing
 * kit. In the end each tab that is left has every event once and in order, over one connection.
 */

import { expect, test } from 'vitest';
import { fakeClock } from '../../../testing/src/fake-clock.js';
import { type FakeServer, fakeServer } from '../../../testing/src/fake-server.js';
import type { FakeSocket } from '../../../testing/src/fake-socket.js';
import { Random } from '../../../testing/src/random.js';
import { type Action, pickAction } from '../fuzz.fixture.js';
import { SessionMonitor } from '../session-monitor.js';
import { FakeBrowser, type FakeTab } from './fake-browser.fixture.js';

/** `SHARED_WORLDS=2000 npx vitest run packages/client/src/shared` takes a minute or two. */
const SEEDS = Number(process.env.SHARED_WORLDS ?? 60);
const THREAD = 't';
const STEPS = 25;
const MAX_TABS = 4;
/** Longer than anything takes that a monitor waits for. */
const SETTLED_MS = 180_000;

interface App {
  readonly tab: FakeTab<FakeSocket>;
  readonly monitor: SessionMonitor;
  readonly seen: number[];
  /** Notices that must never come: nothing is missing here. */
  readonly told: string[];
  isAway: boolean;
}

class SharedWorld {
  readonly clock;
  readonly server: FakeServer;
  readonly browser: FakeBrowser<FakeSocket>;
  readonly random: Random;
  readonly actions: string[] = [];
  #apps: App[] = [];
  #published = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
    this.clock = fakeClock({ seed });
    this.server = fakeServer({ clock: this.clock });
    this.browser = new FakeBrowser(() => this.server.socket(), this.clock);
  }

  /** Those that are there. */
  get apps(): readonly App[] {
    return this.#apps.filter(({ tab }) => !tab.isGone);
  }

  get published(): readonly number[] {
    return Array.from({ length: this.#published }, (_, index) => index + 1);
  }

  publish(): void {
    this.#published += 1;
    this.server.publish(THREAD, 'note', { n: this.#published });
  }

  open(): void {
    const tab = this.browser.open();
    const options = { thread_id: THREAD, storage: null };
    const monitor = new SessionMonitor(tab.socket, options, tab.environment);
    // Outages are what these worlds are made of.
    monitor.on('error', () => {});
    const app: App = { tab, monitor, seen: [], told: [], isAway: false };
    tab.socket.on('note', ({ n }: { readonly n: number }) => app.seen.push(n));
    for (const name of ['gap', 'reset', 'failed'] as const) {
      monitor.on(name, () => app.told.push(name));
    }
    monitor.start();
    this.#apps.push(app);
  }

  hang({ tab }: App): void {
    tab.hang();
    for (const socket of tab.made) if (socket.connected) this.server.freeze(socket);
  }

  goOn(app: App): void {
    app.tab.goOn();
    for (const socket of app.tab.made) if (socket.connected) this.server.thaw(socket);
    if (!app.isAway) return;
    app.isAway = false;
    // Browsers may do first what has waited in the page, or tell it first that it is back.
    if (this.random.next() < 0.5) app.tab.bringBack();
    else this.clock.after(0, () => app.tab.bringBack());
  }

  putAway(app: App): void {
    app.tab.putAway();
    app.isAway = true;
    this.hang(app);
  }

  /** Lets one random action happen to one random app. */
  happen(): void {
    const { apps, random } = this;
    const app = apps[Math.floor(random.next() * apps.length)];
    if (!app) return;
    const actions: readonly Action[] = [
      ['publish', 8, () => this.publish()],
      ['open', apps.length < MAX_TABS ? 3 : 0, () => this.open()],
      ['crash', apps.length > 1 ? 2 : 0, () => app.tab.crash()],
      ['hang', 2, () => this.hang(app)],
      ['put away', app.tab.hangs ? 0 : 2, () => this.putAway(app)],
      ['go on', 5, () => this.goOn(app)],
      ['look at', 2, () => app.tab.wake()],
      ['cut', 2, () => this.server.cut()],
      ['die', 1, () => this.server.freeze()],
      ['down', 1, () => this.server.down()],
      ['up', 3, () => this.server.up()],
      ['restart', 1, () => app.tab.run(() => app.monitor.stop().start())],
    ];
    const at = this.clock.now();
    this.actions.push(`${at} ${pickAction(random, actions)} ${app.tab.name}`);
  }

  /** A tab that hangs does not hold the others up. */
  async settle(): Promise<void> {
    this.server.up();
    await this.#catchUp();
    for (const app of this.apps) this.goOn(app);
    // A tab that hung learns what the others have done.
    await this.clock.advance(5_000);
    await this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    this.publish();
    const those = this.apps.filter(({ tab }) => !tab.hangs);
    const has = ({ monitor, seen }: App) =>
      monitor.status.state === 'live' && seen.length >= this.#published;
    await this.clock.advanceUntil(() => those.every(has), SETTLED_MS);
  }

  close(): void {
    for (const { monitor, tab } of this.apps) {
      monitor.stop();
      tab.socket.close();
    }
    this.server.close();
  }
}

test(`in ${SEEDS} worlds each tab has every event once, over one connection`, {
  timeout: 600_000,
}, async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const world = new SharedWorld(seed);
    world.open();
    for (let step = 0; step < STEPS; step += 1) {
      world.happen();
      const patience = world.random.next() ** 4;
      await world.clock.advance(Math.floor(patience * 20_000));
    }
    const story = () => `seed ${seed}: ${world.actions.join(', ')}`;
    await world.settle().catch((error: unknown) => {
      const states = world.apps.map(({ tab, monitor, seen }) => [
        tab.name,
        monitor.status.state,
        seen,
      ]);
      throw new Error(`${story()}; ${JSON.stringify(states)}`, { cause: error });
    });
    for (const { seen, told } of world.apps) {
      expect([seen, told], story()).toEqual([world.published, []]);
    }
    expect(world.apps.filter(({ tab }) => tab.socket.leads).length, story()).toBe(1);
    world.close();
  }
});
