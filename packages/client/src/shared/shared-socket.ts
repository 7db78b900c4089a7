/**
 * A tab's end of the connection that all tabs share: to a monitor it is a Socket.IO socket. Whether the real one
 * is in this tab or in another makes no difference to it.
 *
 *     alone ──a leader answers──► following ──it resigns──► alone ──the lock is ours──► leading
 *       │                            │                                                   │
 *       └──no tab answers: seize─────┴──────────────► leading ◄──────────────────────────┘
 *                                                        └──deposed, or put away──► alone
 *
 * A new leader is a new connection: every monitor registers again at its own cursor, and nothing is lost or
 * repeated that a cut of the network would not lose or repeat either.
 */

import { type OpenSocket, openSocket, type SocketLike } from '../follower/socket-link.js';
import { ListenedTo, Listeners } from '../platform/listeners.js';
import { Election } from './election.js';
import { Hub } from './hub.js';
import {
  type Envelope,
  type LeaderMessage,
  readEnvelope,
  type SharedState,
  type TabMessage,
} from './messages.js';
import type { SharedPlatform } from './platform.js';

/** A leader that is asked and stays silent for so long hangs: a busy page answers sooner. */
const SILENT_MS = 1_000;
/** Spreads the timeouts of the tabs. */
const SILENT_SPREAD_MS = 300;
/** How often a tab asks whether a leader without a connection still runs: as often as Socket.IO tries at least. */
const ASK_EVERY_MS = 5_000;
/** What an app emits while there is no connection waits, as it does in Socket.IO, up to this bound (I9). */
const MAX_WAITING = 1_000;

const NO_CONNECTION: SharedState = {
  connected: false,
  transport: null,
  reason: 'transport close',
  managed: true,
  uri: null,
};

type Acknowledged = (...args: readonly unknown[]) => void;

export class SharedSocket extends ListenedTo {
  connected = false;
  readonly io;
  readonly #make: () => SocketLike;
  readonly #platform: SharedPlatform;
  readonly #id: string;
  readonly #lockName: string;
  readonly #election: Election;
  readonly #manager = new Listeners();
  readonly #engine = new Listeners();
  #channel: ReturnType<SharedPlatform['channel']> | undefined;
  #releaseLife = () => {};
  #hub: Hub | undefined;
  /** The leader's id, as far as known. */
  #leader: string | null = null;
  #state = NO_CONNECTION;
  #wants = false;
  /** The connection was up when this tab gave it up. */
  #renew = false;
  /** Set while this tab waits for an answer of the leader. */
  #stopWaiting: (() => void) | undefined;
  /** Set while a leader without a connection will be asked again. */
  #stopAsking = () => {};
  #sequence = 0;
  readonly #unanswered = new Map<number, Acknowledged>();
  #waiting: Extract<TabMessage, { type: 'emit' }>[] = [];
  readonly #unwatchPage: () => void;
  readonly #unwatchWake: () => void;

  constructor(make: () => SocketLike, name: string, platform: SharedPlatform) {
    super();
    this.#make = make;
    this.#platform = platform;
    this.#id = platform.instance();
    this.#lockName = `session-monitor:${name}`;
    this.#election = new Election(this.#lockName, platform.locks, {
      leads: () => this.#lead(),
      deposed: () => {
        this.#resign();
        this.#election.join();
      },
    });
    this.io = this.#manage();
    this.#enter();
    this.#unwatchPage = platform.watchPage({ away: () => this.#exit(), back: () => this.#enter() });
    // The user looks at this tab: browsers freeze hidden tabs, and the leader may be one of them.
    this.#unwatchWake = platform.onWake(() => this.#sayHello());
  }

  /** Whether this tab wants a connection. */
  get active(): boolean {
    return this.#wants;
  }

  /** Whether the connection is in this tab. */
  get leads(): boolean {
    return this.#hub !== undefined;
  }

  connect(): this {
    if (this.connected) return this;
    this.#wants = true;
    this.#say({ type: 'connect', renew: this.#renew });
    this.#renew = false;
    this.#expectAnswer();
    return this;
  }

  /** Disconnects this tab; the connection goes on as long as another tab wants it. */
  disconnect(): this {
    this.#renew = this.connected;
    this.#wants = false;
    this.#say({ type: 'disconnect' });
    this.#lose('io client disconnect');
    return this;
  }

  emit(event: string, ...args: readonly unknown[]): this {
    const last = args.at(-1);
    const acknowledged = typeof last === 'function' ? (last as Acknowledged) : undefined;
    if (!acknowledged) this.#send({ type: 'emit', event, args });
    else {
      const id = ++this.#sequence;
      this.#unanswered.set(id, acknowledged);
      this.#send({ type: 'emit', event, args: args.slice(0, -1), id });
    }
    return this;
  }

  /** Leaves the tabs that share. */
  close(): void {
    this.disconnect();
    this.#unwatchPage();
    this.#unwatchWake();
    this.#exit();
  }

  // --- the tab ----------------------------------------------------------------------------------

  /** What Socket.IO calls the manager and its engine. */
  #manage() {
    const shared = () => this.#state;
    return {
      on: this.#manager.on,
      off: this.#manager.off,
      reconnection: () => shared().managed,
      get uri() {
        return shared().uri ?? undefined;
      },
      engine: {
        on: this.#engine.on,
        off: this.#engine.off,
        get readyState() {
          return shared().connected ? 'open' : 'closed';
        },
        transport: {
          get name() {
            return shared().transport ?? '';
          },
        },
      },
    };
  }

  #enter(): void {
    const channel = this.#platform.channel(this.#lockName);
    this.#channel = channel;
    channel.listen((data) => this.#onMessage(data));
    // While this tab lives it holds its own lock, from which the leader learns of its end.
    void this.#platform.locks
      .request(lifeOf(this.#lockName, this.#id), {}, () => {
        return new Promise<void>((resolve) => {
          this.#releaseLife = resolve;
        });
      })
      .catch(() => {});
    this.#election.join();
    this.#sayHello();
  }

  /** A page with a lock or an open channel may not enter the browser's cache. */
  #exit(): void {
    this.#answered();
    this.#stopAsking();
    this.#say({ type: 'bye' });
    this.#resign();
    this.#election.resign();
    this.#releaseLife();
    this.#channel?.close();
    this.#channel = undefined;
    this.#leader = null;
    this.#lose('transport close');
  }

  #send(message: Extract<TabMessage, { type: 'emit' }>): void {
    if (this.connected) this.#say(message);
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(message);
  }

  #say(message: TabMessage): void {
    if (this.#hub) this.#hub.receive(this.#id, message);
    else this.#post({ from: this.#id, tab: message });
  }

  #post(envelope: Envelope): void {
    this.#channel?.post(envelope);
  }

  /** Seizes the lock from a leader that does not answer. Asking again meanwhile gives it no more time. */
  #expectAnswer(): void {
    if (this.#hub || this.#stopWaiting) return;
    const patience = SILENT_MS + this.#platform.random() * SILENT_SPREAD_MS;
    this.#stopWaiting = this.#platform.after(patience, () => {
      this.#stopWaiting = undefined;
      if (this.#wants) this.#election.seize();
    });
  }

  /** Without a connection nothing else shows that the leader hangs. */
  #askAgainLater(): void {
    if (this.#hub || this.connected || !this.#wants) return;
    this.#stopAsking();
    this.#stopAsking = this.#platform.after(ASK_EVERY_MS, () => {
      if (!this.connected) this.#sayHello();
    });
  }

  /** Asks the leader for its state. */
  #sayHello(): void {
    this.#say({ type: 'hello', wants: this.#wants });
    if (this.#wants) this.#expectAnswer();
  }

  #answered(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
  }

  #onMessage(data: unknown): void {
    const envelope = readEnvelope(data);
    if (!envelope) return;
    if ('tab' in envelope) this.#hub?.receive(envelope.from, envelope.tab);
    else this.#onLeaderMessage(envelope.from, envelope.leader);
  }

  #onLeaderMessage(from: string, message: LeaderMessage): void {
    if (message.type === 'leads') {
      this.#answered();
      this.#follow(from);
      return;
    }
    // A deposed leader may not know it yet.
    if (this.#leader !== null && this.#leader !== from) return;
    if ('to' in message && message.to !== undefined && message.to !== this.#id) return;
    if (message.type === 'resigns') {
      this.#leader = null;
      this.#lose('transport close');
      this.#sayHello();
      return;
    }
    this.#answered();
    this.#applyLeaderMessage(from, message);
    this.#askAgainLater();
  }

  #applyLeaderMessage(
    from: string,
    message: Exclude<LeaderMessage, { type: 'leads' | 'resigns' }>,
  ): void {
    switch (message.type) {
      case 'state':
        this.#leader = from;
        this.#adopt(message.state);
        return;
      case 'connect_error':
        if (this.#wants) this.events.fire('connect_error', errorOf(message));
        return;
      case 'gave_up':
        this.#manager.fire('reconnect_failed');
        return;
      case 'event':
        if (this.connected) this.#receive(message.event, message.args);
        return;
      case 'ack': {
        const acknowledged = this.#unanswered.get(message.id);
        this.#unanswered.delete(message.id);
        if (this.connected) acknowledged?.(...message.args);
      }
    }
  }

  #follow(leader: string): void {
    if (this.#leader !== leader) this.#lose('transport close');
    this.#leader = leader;
    this.#sayHello();
  }

  #adopt(state: SharedState): void {
    const before = this.#state;
    this.#state = state;
    if (!state.connected) this.#lose(state.reason);
    else if (this.connected) {
      if (before.transport !== state.transport) this.#engine.fire('upgrade');
    } else if (this.#wants) {
      this.connected = true;
      this.#manager.fire('open');
      this.events.fire('connect');
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const message of waiting) this.#send(message);
    }
  }

  #lose(reason: string): void {
    this.#unanswered.clear();
    if (!this.connected) return;
    this.connected = false;
    this.events.fire('disconnect', reason);
  }

  #receive(event: string, args: readonly unknown[]): void {
    for (const listener of [...this.listenersAny()]) {
      (listener as (...args: readonly unknown[]) => void)(event, ...args);
    }
    this.events.fire(event, ...args);
  }

  // --- the leader -------------------------------------------------------------------------------

  #lead(): void {
    this.#answered();
    const socket: OpenSocket = openSocket(this.#make());
    const tell = (leader: LeaderMessage) => {
      this.#post({ from: this.#id, leader });
      this.#onLeaderMessage(this.#id, leader);
    };
    const { now } = this.#platform;
    this.#hub = new Hub({ socket, tell, now, watch: (tab, gone) => this.#watch(tab, gone) });
    tell({ type: 'leads' });
  }

  #resign(): void {
    const hub = this.#hub;
    if (!hub) return;
    this.#hub = undefined;
    hub.close();
    this.#post({ from: this.#id, leader: { type: 'resigns' } });
    this.#onLeaderMessage(this.#id, { type: 'resigns' });
  }

  /** Waits for a tab's own lock, which is free when the tab is gone. */
  #watch(tab: string, gone: () => void): () => void {
    const line = new AbortController();
    this.#platform.locks
      .request(lifeOf(this.#lockName, tab), { signal: line.signal }, () => {
        if (!line.signal.aborted) gone();
        return Promise.resolve();
      })
      .catch(() => {});
    return () => line.abort();
  }
}

/** As Socket.IO has it in the tab that leads. */
const errorOf = ({ message, kind, status }: Extract<LeaderMessage, { type: 'connect_error' }>) =>
  Object.assign(new Error(message), { type: kind, description: status });

const lifeOf = (lockName: string, tab: string): string => `${lockName}:${tab}`;
