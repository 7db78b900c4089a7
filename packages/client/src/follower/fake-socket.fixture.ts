import { SERVER_EVENTS } from '@session-monitor/protocol';
import { ListenedTo, Listeners } from '../platform/listeners.js';

/** What a monitor may listen to. */
const HEARD = [
  ...['connect', 'disconnect', 'connect_error', 'open', 'reconnect_attempt', 'reconnect_failed'],
  ...['upgrade', 'upgradeError', 'packet', 'packetCreate', ...Object.values(SERVER_EVENTS)],
];

/** A Socket.IO socket whose server is the test. */
export class StubSocket extends ListenedTo {
  connected = false;
  active = true;
  attempts = 0;
  readonly emitted: (readonly unknown[])[] = [];
  readonly #manager = new Listeners();
  readonly #engine = new Listeners();
  readonly engine = {
    on: this.#engine.on,
    off: this.#engine.off,
    readyState: 'open',
    transport: { name: 'polling' },
  };
  readonly io = {
    on: this.#manager.on,
    off: this.#manager.off,
    engine: this.engine,
    uri: 'http://server',
    reconnection: () => true,
  };

  connect(): void {
    this.active = true;
    this.attempts += 1;
  }

  disconnect(): void {
    this.active = false;
    this.lose('io client disconnect');
  }

  emit(...args: readonly unknown[]): void {
    this.emitted.push(args);
  }

  /** The server accepts. */
  accept(): void {
    this.connected = true;
    this.events.fire('connect');
  }

  lose(reason: string): void {
    if (!this.connected) return;
    this.connected = false;
    this.events.fire('disconnect', reason);
  }

  upgrade(): void {
    this.engine.transport.name = 'websocket';
    this.#engine.fire('upgrade');
  }

  /** The server sends an event. */
  receive(event: string, ...args: readonly unknown[]): void {
    this.events.fire(event, ...args);
    for (const listener of this.listenersAny()) {
      (listener as (...args: readonly unknown[]) => void)(event, ...args);
    }
  }

  /** How many listeners there are, on the socket, its manager and its engine. */
  get listening(): number {
    const all = [this.events, this.#manager, this.#engine];
    const named = all.flatMap((each) => HEARD.map((event) => each.of(event).length));
    return named.reduce((sum, count) => sum + count, this.listenersAny().length);
  }

  /** Its manager tries again by itself. */
  attempt(): void {
    this.#manager.fire('reconnect_attempt');
  }

  fail(message: string): void {
    const error = Object.assign(new Error(message), { type: 'TransportError', description: 0 });
    this.events.fire('connect_error', error);
  }
}
