/**
 * The page's way to the server, and the ways to spoil it. Everything is done with the options and the
 * engine that Socket.IO's client shows in public: the monitor does not know.
 */

import type { Socket } from 'socket.io-client';

const ALL_TRANSPORTS = ['polling', 'websocket'] as const;

export interface NetworkState {
  readonly pollingOnly: boolean;
  /** Whole seconds of the time offline that are left. */
  readonly offlineFor: number;
}

export class FaultyNetwork {
  readonly #socket: Socket;
  readonly #onChange: () => void;
  #pollingOnly = false;
  #offlineFor = 0;

  /** @param onChange when {@link state} is another */
  constructor(socket: Socket, onChange: () => void) {
    this.#socket = socket;
    this.#onChange = onChange;
  }

  get state(): NetworkState {
    return { pollingOnly: this.#pollingOnly, offlineFor: this.#offlineFor };
  }

  /** `fetch`, as far as the page is online. */
  readonly fetch: typeof fetch = (input, init) =>
    this.#offlineFor > 0
      ? Promise.reject(new TypeError('This page is offline, as you wanted.'))
      : fetch(input, init);

  /** Ends the connection; Socket.IO makes a new one. */
  cut(): void {
    this.#socket.io.engine?.close();
  }

  /** For so long every attempt to connect fails, and nothing is sent. */
  goOffline(seconds: number): void {
    if (this.#offlineFor > 0) return;
    this.#offlineFor = seconds;
    this.#allow();
    this.cut();
    this.#onChange();
    const timer = setInterval(() => {
      this.#offlineFor -= 1;
      if (this.#offlineFor === 0) {
        clearInterval(timer);
        this.#allow();
        // As the browser does when the device is back.
        window.dispatchEvent(new Event('online'));
      }
      this.#onChange();
    }, 1_000);
  }

  /** Reconnects, without or with WebSocket. */
  stayOnPolling(pollingOnly: boolean): void {
    this.#pollingOnly = pollingOnly;
    this.#allow();
    this.cut();
    this.#onChange();
  }

  /** What the next connection may use. Without a transport an attempt fails before it is made. */
  #allow(): void {
    const { opts } = this.#socket.io;
    opts.upgrade = !this.#pollingOnly;
    if (this.#offlineFor > 0) opts.transports = [];
    else opts.transports = this.#pollingOnly ? ['polling'] : [...ALL_TRANSPORTS];
  }
}
