/** A browser's page: an app with a Socket.IO socket and a SessionMonitor for each thread it follows. */

import type { Environment } from '../../../packages/client/src/platform/environment.js';
import { listened } from '../../../packages/client/src/platform/fake-page.fixture.js';
import { SessionMonitor } from '../../../packages/client/src/session-monitor.js';
import type { Receipt, Since } from '../../../packages/protocol/src/messages.js';
import { CLIENT_EVENTS } from '../../../packages/protocol/src/names.js';
import { digestInstance } from '../../../packages/server/src/sessions/stored-secret.js';
import type { SessionRecord } from '../../../packages/server/src/stores/store.js';
import type { Checker } from '../oracle/checker.js';
import type { ReferenceLog } from '../oracle/reference-log.js';
import { View } from '../oracle/view.js';
import { Life } from '../time/life.js';
import type { Random } from '../time/random.js';
import type { Scheduler } from '../time/scheduler.js';
import { ClientSocket } from './client-socket.js';
import type { Dial, ManagerOptions } from './manager.js';

/** Longer than a world has to settle. */
const RARE_PING_MS = 60_000;
/** An offset beyond any log of a world. */
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
  readonly dial: (life: Life) => Dial;
  readonly firstGrant: (instance: string, receipt: Receipt) => Receipt | undefined;
  readonly onRegistered: (receipt: Receipt, view: View) => void;
  /** Sessions of whose events a page has acknowledged more than it got. */
  readonly claimed: Set<string>;
  /** The app's state from before the reload. */
  readonly saved?: SavedState;
}

/** An app's saved state, and its cursor. */
export interface SavedState {
  readonly cursor: string;
  readonly view: View;
}

/** The app stops following, and continues after a while or never. */
export interface Interruption {
  readonly afterMs: number | null;
  /** How many events it gets before that one. */
  readonly skip: number;
}

/** The remaining interruption after an event; null if it happens at that event. */
export const withoutOne = (interruption: Interruption | null): Interruption | null =>
  interruption && interruption.skip > 0 ? { ...interruption, skip: interruption.skip - 1 } : null;

export interface Following {
  readonly instance: string;
  readonly monitor: SessionMonitor;
  readonly view: View;
}

export class SimPage {
  readonly name: string;
  readonly life: Life;
  readonly deps: SimPageDeps;
  readonly socket: ClientSocket;
  readonly followings: readonly Following[];
  /** Happens when the app gets the next event. */
  interruption: Interruption | null = null;
  /** The newest receipt of each thread. */
  readonly #receipts = new Map<SessionMonitor, Receipt>();
  #halted = false;
  readonly #wake = new Set<() => void>();
  readonly #sleep = new Set<() => void>();

  constructor(deps: SimPageDeps) {
    this.deps = deps;
    this.name = deps.name;
    this.life = new Life(deps.scheduler);
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

  /** A bug or an attack: the page acknowledges everything, and more. */
  overstate(): void {
    for (const { session_id, generation, epoch, head } of this.#receipts.values()) {
      this.deps.claimed.add(session_id);
      const claim = { session_id, generation, epoch, offset: head + FAR };
      this.socket.emit(CLIENT_EVENTS.threadAck, claim);
    }
  }

  /** Whether a session belongs to a monitor that has stopped for good. */
  hasStopped({ instance }: SessionRecord): boolean {
    return (
      this.#halted && this.followings.some((each) => digestInstance(each.instance) === instance)
    );
  }

  /** The app stops its monitors and closes the socket. */
  close(): void {
    for (const { monitor } of this.followings) monitor.stop();
    this.socket.disconnect();
  }

  /** The tab closes or reloads: the page sends nothing more; only the browser closes the connection. */
  vanish(): void {
    this.life.end();
    this.socket.io.engine.close();
  }

  /** The browser's events for a page that is visible, online or thawed. */
  wake(): void {
    for (const wake of [...this.#wake]) this.life.run(wake);
  }

  /** The page goes into the browser's cache: it gets an event, and then nothing happens in it any more. */
  putAway(): void {
    for (const sleep of [...this.#sleep]) this.life.run(sleep);
    this.life.freeze();
  }

  /** The server's store was restored. Nothing to do: this client's cursor shows it to the server. */
  onRestored(): void {}

  get wire() {
    const { engine } = this.socket.io;
    return engine.readyState === 'open' ? engine.wire : undefined;
  }

  /**
   * Why the page has not reached its final state; undefined if it has.
   *
   * @param mayFail its right to follow was revoked: the server refuses its next request
   */
  unsettled(mayFail: boolean): string | undefined {
    if (this.#halted) return undefined;
    for (const { monitor, view } of this.followings) {
      const { state } = monitor.status;
      if (state === 'failed' && mayFail) continue;
      // Only the next ping tells that the store is there again.
      const waits = state === 'degraded' && this.deps.pingIntervalMs >= RARE_PING_MS;
      const difference = state === 'live' || waits ? view.difference() : `is ${state}`;
      if (difference) return difference;
    }
    return undefined;
  }

  #follow(thread_id: string): Following {
    const { checker, reference, since, pingIntervalMs, storage, name, firstGrant } = this.deps;
    const instance = this.deps.random.name(22);
    const { saved } = this.deps;
    const fresh = new View({
      name,
      thread_id,
      since,
      checker,
      reference,
      hasLostReset: () => this.wire?.down.hasLostReset === true,
      hasAskedTwice: () => this.socket.askedTwice.has(instance),
      firstGrant: (receipt) => firstGrant(instance, receipt),
    });
    const view = saved?.view ?? fresh;
    const monitor = new SessionMonitor(
      this.socket,
      {
        thread_id,
        since,
        pingInterval: pingIntervalMs,
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
        () => `${name} is stopped, and gets an event`,
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
      // The lower end of every wait: a simulation has only ten seconds to settle.
      random: () => random.next() * 0.2,
      instance: () => instance,
      after: (ms, fn) => this.life.after(ms, fn),
      onWake: listened(this.#wake),
      onSleep: listened(this.#sleep),
    };
  }
}
