/** A browser's page: an app with a Socket.IO socket and a SessionMonitor for each thread it follows. */

import type { Environment } from '../../../packages/client/src/platform/environment.js';
import { listened } from '../../../packages/client/src/platform/fake-page.fixture.js';
import { SessionMonitor } from '../../../packages/client/src/session-monitor.js';
import type { Receipt, Since } from '../../../packages/protocol/src/messages.js';
import { CLIENT_EVENTS } from '../../../packages/protocol/src/names.js';
import type { Checker } from '../oracle/checker.js';
import type { ReferenceLog } from '../oracle/reference-log.js';
import { View } from '../oracle/view.js';
import type { Random } from '../time/random.js';
import type { Scheduler } from '../time/scheduler.js';
import { ClientSocket } from './client-socket.js';
import type { Dial, ManagerOptions } from './manager.js';
import { PageLife } from './page-life.js';

/** Further than any log of a world goes. */
const FAR = 1_000;

/** A tab's `sessionStorage`. */
export type TabStorage = Map<string, string>;

export interface SimPageDeps {
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly checker: Checker;
  readonly reference: ReferenceLog;
  readonly storage: TabStorage;
  readonly threads: readonly string[];
  readonly since: Since;
  readonly pingIntervalMs: number;
  readonly manager: ManagerOptions;
  readonly dial: (life: PageLife) => Dial;
  readonly firstGrant: (instance: string, receipt: Receipt) => Receipt | undefined;
  readonly onRegistered: (receipt: Receipt, view: View) => void;
  /** Sessions of whose events a page has claimed to have more than it was sent. */
  readonly claimed: Set<string>;
  /** What the app has kept of the page before. */
  readonly saved?: SavedState;
}

/** An app's state, and the cursor that it was saved with. */
export interface SavedState {
  readonly cursor: string;
  readonly view: View;
}

/** The app stops following, and goes on after a while or never. */
export interface Interruption {
  readonly afterMs: number | null;
  /** How many events it is given before that one. */
  readonly skip: number;
}

/** The interruption that is left when an event has been given; null if that was the one. */
export const withoutOne = (interruption: Interruption | null): Interruption | null =>
  interruption && interruption.skip > 0 ? { ...interruption, skip: interruption.skip - 1 } : null;

export interface Following {
  readonly instance: string;
  readonly monitor: SessionMonitor;
  readonly view: View;
}

export class SimPage {
  readonly name: string;
  readonly life: PageLife;
  readonly deps: SimPageDeps;
  readonly socket: ClientSocket;
  readonly followings: readonly Following[];
  /** Happens when the app is given the next event. */
  interruption: Interruption | null = null;
  /** The newest receipt of each thread. */
  readonly #receipts = new Map<SessionMonitor, Receipt>();
  #halted = false;
  readonly #wake = new Set<() => void>();
  readonly #sleep = new Set<() => void>();

  constructor(deps: SimPageDeps) {
    this.deps = deps;
    this.name = deps.name;
    this.life = new PageLife(deps.scheduler);
    const random = () => deps.random.next();
    this.socket = new ClientSocket(this.life, deps.dial(this.life), deps.manager, random);
    this.followings = deps.threads.map((thread_id) => this.#follow(thread_id));
  }

  start(): void {
    this.#halted = false;
    for (const { monitor } of this.followings) monitor.start();
  }

  /** The app stops its monitors, and starts them again after a while or never. */
  interrupt(afterMs: number | null): void {
    for (const { monitor } of this.followings) monitor.stop();
    this.#halted = afterMs === null;
    if (afterMs !== null) this.life.after(afterMs, () => this.start());
  }

  /** A bug, or somebody with bad intentions: everything is acknowledged, and more. */
  overstate(): void {
    for (const { session_id, generation, epoch, head } of this.#receipts.values()) {
      this.deps.claimed.add(session_id);
      const claim = { session_id, generation, epoch, offset: head + FAR };
      this.socket.emit(CLIENT_EVENTS.threadAck, claim);
    }
  }

  /** Whether a session of the server belongs to a monitor that has stopped for good. */
  hasStopped(instance: string): boolean {
    return this.#halted && this.followings.some((each) => each.instance === instance);
  }

  /** The app ends it in good order. */
  close(): void {
    for (const { monitor } of this.followings) monitor.stop();
    this.socket.disconnect();
  }

  /** The tab is closed, or reloads: nobody gets to say anything, but for the browser. */
  vanish(): void {
    this.life.end();
    this.socket.io.engine.close();
  }

  /** The browser tells: visible, online or thawed. */
  wake(): void {
    for (const wake of [...this.#wake]) this.life.run(wake);
  }

  /** The page goes into the browser's cache: it is told, and then nothing happens in it any more. */
  putAway(): void {
    for (const sleep of [...this.#sleep]) this.life.run(sleep);
    this.life.freeze();
  }

  /** The server's store is as it was some time ago: whoever has a cursor tells it, and hears. */
  onRestored(): void {}

  get wire() {
    const { engine } = this.socket.io;
    return engine.readyState === 'open' ? engine.wire : undefined;
  }

  /**
   * Why it is not where it should be in the end; undefined if it is.
   *
   * @param mayFail its right to follow was revoked: the server says so as soon as it is asked
   */
  unsettled(mayFail: boolean): string | undefined {
    if (this.#halted) return undefined;
    for (const { monitor, view } of this.followings) {
      const { state } = monitor.status;
      if (state === 'failed' && mayFail) continue;
      const difference = state === 'live' ? view.difference() : `is ${state}`;
      if (difference) return difference;
    }
    return undefined;
  }

  #follow(thread_id: string): Following {
    const { checker, reference, since, pingIntervalMs, storage, name, firstGrant } = this.deps;
    const instance = this.deps.random.name(22);
    const { saved } = this.deps;
    const fresh = new View({
      ...{ name, thread_id, since, checker, reference },
      firstGrant: (receipt) => firstGrant(instance, receipt),
    });
    const view = saved?.view ?? fresh;
    const monitor = new SessionMonitor(
      this.socket,
      {
        ...{ thread_id, since, pingInterval: pingIntervalMs },
        token: () => String(this.deps.scheduler.now),
        ...(saved && { cursor: saved.cursor }),
        storage: {
          getItem: (key) => storage.get(key) ?? null,
          setItem: (key, value) => void storage.set(key, value),
        },
      },
      this.#environment(instance),
    );
    monitor.onAny((event, data, meta) => {
      checker.expect(
        monitor.status.state !== 'stopped',
        'I3',
        () => `${name} is stopped, and hears`,
      );
      view.onEvent(event, data, meta);
      this.#interruptNow();
    });
    monitor.on('registered', (receipt) => {
      this.#receipts.set(monitor, receipt);
      this.deps.onRegistered(receipt, view);
      view.onRegistered(receipt);
    });
    monitor.on('gap', (gap) => view.onGap(gap));
    monitor.on('reset', (reset) => view.onReset(reset));
    monitor.on('status', ({ state }) => checker.note(() => `${name} is ${state}`));
    monitor.on('error', ({ message }) => checker.note(() => `${name} complains: ${message}`));
    return { instance, monitor, view };
  }

  #interruptNow(): void {
    const { interruption } = this;
    this.interruption = withoutOne(interruption);
    if (interruption?.skip === 0) this.interrupt(interruption.afterMs);
  }

  #environment(instance: string): Environment {
    const { scheduler, random } = this.deps;
    return {
      wall: () => 1_780_000_000_000 + scheduler.now,
      now: () => scheduler.now,
      // The lower end of every wait: a simulation has ten seconds to settle, a person has more.
      random: () => random.next() * 0.2,
      instance: () => instance,
      after: (ms, fn) => this.life.after(ms, fn),
      onWake: listened(this.#wake),
      onSleep: listened(this.#sleep),
    };
  }
}
