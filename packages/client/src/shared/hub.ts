/**
 * The leader's work for all tabs: it has the one connection, sends what the tabs emit, and passes on to them what
 * arrives.
 */

import { CLIENT_EVENTS, readReceipt } from '@session-monitor/protocol';
import type { ConnectError } from '../follower/connect-error.js';
import { listen, type OpenSocket } from '../follower/socket-link.js';
import type { LeaderMessage, SharedState, TabMessage } from './messages.js';

export interface HubDeps {
  readonly socket: OpenSocket;
  /** To all tabs, this one included. */
  readonly tell: (message: LeaderMessage) => void;
  /** Calls back when a tab is gone without a `bye`. Returns what stops it. */
  readonly watch: (tab: string, gone: () => void) => () => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

interface Tab {
  wants: boolean;
  /** Its sessions on this connection, with their generations. */
  readonly sessions: Map<string, number>;
  readonly unwatch: () => void;
}

/** Tabs that find the same dead connection dead make one new one, not one each. */
const RENEW_EVERY_MS = 2_000;
/** An attempt is given this long before another tab's request begins a new one. */
const ATTEMPT_MS = 1_000;

export class Hub {
  readonly #deps: HubDeps;
  readonly #tabs = new Map<string, Tab>();
  #connectedAt = Number.NEGATIVE_INFINITY;
  #attemptAt = Number.NEGATIVE_INFINITY;
  #reason = 'transport close';
  /** This hub itself is disconnecting. */
  #ownDoing = false;
  #unwatchEngine = () => {};
  readonly #stop: () => void;

  constructor(deps: HubDeps) {
    this.#deps = deps;
    const { socket, tell } = deps;
    const onConnect = () => {
      this.#connectedAt = deps.now();
      this.#watchEngine();
      this.#tellState();
    };
    const onDisconnect = (reason: string) => {
      this.#reason = this.#ownDoing ? 'transport close' : reason;
      for (const { sessions } of this.#tabs.values()) sessions.clear();
      this.#tellState();
    };
    const onError = ({ message, type: kind, description: status }: ConnectError) => {
      this.#tellState();
      tell({
        type: 'connect_error',
        message,
        ...(typeof kind === 'string' && { kind }),
        ...(typeof status === 'number' && { status }),
      });
    };
    const onAny = (event: string, ...args: readonly unknown[]) =>
      tell({ type: 'event', event, args });
    socket.onAny(onAny);
    const offs = [
      () => void socket.offAny(onAny),
      listen(socket, 'connect', onConnect),
      listen(socket, 'disconnect', onDisconnect),
      listen(socket, 'connect_error', onError),
      listen(socket.io, 'reconnect_failed', () => tell({ type: 'gave_up' })),
    ];
    this.#stop = () => {
      for (const off of offs) off();
    };
    if (socket.connected) onConnect();
  }

  receive(from: string, message: TabMessage): void {
    switch (message.type) {
      case 'hello':
        this.#tab(from).wants = message.wants;
        this.#tellState(from);
        if (!message.wants) this.#disconnectIfUnwanted();
        else if (!this.#deps.socket.active) this.#reconnect();
        return;
      case 'connect':
        this.#tab(from).wants = true;
        if (!this.#connect(message.renew)) this.#tellState(from);
        return;
      case 'disconnect':
        this.#tab(from).wants = false;
        this.#leaveSessions(from);
        this.#disconnectIfUnwanted();
        return;
      case 'emit':
        this.#emit(from, message);
        return;
      case 'bye':
        this.#gone(from);
    }
  }

  /** Ends the connection; another tab's hub makes a new one. */
  close(): void {
    this.#stop();
    this.#unwatchEngine();
    for (const { unwatch } of this.#tabs.values()) unwatch();
    this.#tabs.clear();
    this.#deps.socket.disconnect();
  }

  #tab(id: string): Tab {
    const known = this.#tabs.get(id);
    if (known) return known;
    const unwatch = this.#deps.watch(id, () => this.#gone(id));
    const tab = { wants: false, sessions: new Map(), unwatch };
    this.#tabs.set(id, tab);
    return tab;
  }

  #gone(id: string): void {
    this.#leaveSessions(id);
    this.#tabs.get(id)?.unwatch();
    this.#tabs.delete(id);
    this.#disconnectIfUnwanted();
  }

  /** @returns whether the tabs will get a new state from it */
  #connect(renew: boolean): boolean {
    const { socket, now } = this.#deps;
    if (socket.connected) {
      if (!renew || now() - this.#connectedAt < RENEW_EVERY_MS) return false;
      this.#reconnect();
      return true;
    }
    if (!socket.active || now() - this.#attemptAt >= ATTEMPT_MS) this.#reconnect();
    return false;
  }

  /** At once, whatever Socket.IO's manager was waiting for. */
  #reconnect(): void {
    const { socket, now } = this.#deps;
    this.#attemptAt = now();
    this.#disconnect();
    socket.connect();
  }

  #disconnect(): void {
    this.#ownDoing = true;
    try {
      this.#deps.socket.disconnect();
    } finally {
      this.#ownDoing = false;
    }
  }

  #disconnectIfUnwanted(): void {
    if (![...this.#tabs.values()].some(({ wants }) => wants)) this.#disconnect();
  }

  #emit(from: string, { event, args, id }: Extract<TabMessage, { type: 'emit' }>): void {
    const { socket, tell } = this.#deps;
    if (id === undefined) {
      socket.emit(event, ...args);
      return;
    }
    socket.emit(event, ...args, (...answer: readonly unknown[]) => {
      if (event === CLIENT_EVENTS.registerSession) this.#noteSession(from, answer[0]);
      tell({ type: 'ack', to: from, id, args: answer });
    });
  }

  /** The server ends what a connection follows together with the connection. This one outlives the tab. */
  #noteSession(from: string, answer: unknown): void {
    const receipt = readReceipt(answer);
    if (receipt?.ok) this.#tabs.get(from)?.sessions.set(receipt.session_id, receipt.generation);
  }

  #leaveSessions(id: string): void {
    const { socket } = this.#deps;
    const { sessions } = this.#tabs.get(id) ?? {};
    for (const [session_id, generation] of sessions ?? []) {
      if (socket.connected) socket.emit(CLIENT_EVENTS.leaveSession, { session_id, generation });
    }
    sessions?.clear();
  }

  #watchEngine(): void {
    this.#unwatchEngine();
    const { engine } = this.#deps.socket.io;
    this.#unwatchEngine = listen(engine, 'upgrade', () => this.#tellState());
  }

  #tellState(to?: string): void {
    const { socket, tell } = this.#deps;
    const { io, connected, active } = socket;
    const state: SharedState = {
      connected,
      transport: connected ? io.engine.transport.name : null,
      reason: this.#reason,
      managed: active && io.reconnection() === true,
      uri: typeof io.uri === 'string' ? io.uri : null,
    };
    tell({ type: 'state', state, ...(to !== undefined && { to }) });
  }
}
