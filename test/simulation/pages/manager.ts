/** socket.io-client's Manager: opens engines, and opens the next one when one is lost. */

import { SocketListeners } from '../../../packages/testing/src/socket-listeners.js';
import type { Wire } from '../network/wire.js';
import type { Life } from '../time/life.js';
import { EngineClient } from './engine-client.js';

export interface ManagerOptions {
  readonly reconnection: boolean;
  /** Attempts after which the manager gives up. */
  readonly attempts: number;
  readonly delayMs: number;
  readonly delayMaxMs: number;
}

/** Tries to connect; calls back once, with a wire or with nothing. */
export type Dial = (
  engine: EngineClient,
  done: (wire: Wire | undefined) => void,
) => 'polling' | 'websocket';

export interface ManagerHandlers {
  readonly opened: () => void;
  readonly packet: (text: string) => void;
  readonly closed: (reason: string) => void;
  readonly failed: () => void;
}

export class Manager extends SocketListeners {
  engine: EngineClient;
  reconnecting = false;
  readyState: 'closed' | 'opening' | 'open' = 'closed';
  readonly #life: Life;
  readonly #dial: Dial;
  readonly #options: ManagerOptions;
  readonly #random: () => number;
  readonly #handlers: ManagerHandlers;
  #attempts = 0;
  #skipReconnect = false;
  #cancelRetry: (() => void) | undefined;

  constructor(
    life: Life,
    dial: Dial,
    options: ManagerOptions,
    random: () => number,
    handlers: ManagerHandlers,
  ) {
    super();
    this.#life = life;
    this.#dial = dial;
    this.#options = options;
    this.#random = random;
    this.#handlers = handlers;
    this.engine = new EngineClient('polling', life);
    this.engine.readyState = 'closed';
  }

  reconnection(): boolean {
    return this.#options.reconnection;
  }

  open(retrying = false): void {
    if (this.readyState !== 'closed') return;
    this.#skipReconnect = false;
    this.readyState = 'opening';
    const engine = new EngineClient('polling', this.#life);
    this.engine = engine;
    const name = this.#dial(engine, (wire) =>
      this.#life.run(() => this.#dialled(engine, wire, retrying)),
    );
    engine.transport = { name };
  }

  write(text: string): void {
    this.engine.write(text);
  }

  /** Closes the connection, and stops reconnecting. */
  close(): void {
    this.#skipReconnect = true;
    this.reconnecting = false;
    this.#onClose('forced close');
  }

  #dialled(engine: EngineClient, wire: Wire | undefined, retrying: boolean): void {
    if (engine !== this.engine || this.readyState !== 'opening') {
      wire?.closeClient();
      return;
    }
    if (!wire) {
      this.#onDialFailed(retrying);
      return;
    }
    engine.open(wire);
    engine.connect(
      (text) => engine === this.engine && this.#handlers.packet(text),
      (reason) => engine === this.engine && this.#onClose(reason),
    );
    this.readyState = 'open';
    this.fire('open');
    this.#handlers.opened();
    if (retrying) {
      this.reconnecting = false;
      this.#attempts = 0;
    }
  }

  #onDialFailed(retrying: boolean): void {
    this.readyState = 'closed';
    this.engine.readyState = 'closed';
    this.#handlers.failed();
    if (retrying) {
      this.reconnecting = false;
      this.#reconnect();
    } else if (!this.reconnecting && this.#options.reconnection && this.#attempts === 0) {
      this.#reconnect();
    }
  }

  #onClose(reason: string): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.engine.close();
    this.#attempts = 0;
    this.readyState = 'closed';
    this.#handlers.closed(reason);
    if (this.#options.reconnection && !this.#skipReconnect) this.#reconnect();
  }

  #reconnect(): void {
    if (this.reconnecting || this.#skipReconnect) return;
    const { attempts, delayMs, delayMaxMs } = this.#options;
    if (this.#attempts >= attempts) {
      this.#attempts = 0;
      this.fire('reconnect_failed');
      return;
    }
    const delay = Math.min(delayMaxMs, delayMs * 2 ** this.#attempts) * (0.5 + this.#random());
    this.#attempts += 1;
    this.reconnecting = true;
    this.#cancelRetry = this.#life.after(delay, () => {
      if (this.#skipReconnect) return;
      this.fire('reconnect_attempt');
      this.open(true);
    });
  }
}
