/** The client's end of a connection, like engine.io-client's. */

import { SocketListeners } from '../../../packages/testing/src/socket-listeners.js';
import type { Load } from '../network/channel.js';
import { ENGINE } from '../network/packets.js';
import type { Wire } from '../network/wire.js';
import { PAYLOAD_END, POLL } from '../server/engine-socket.js';
import type { Life } from '../time/life.js';

/** Socket.IO passes packets on in a separate microtask. */
const SOON = Promise.resolve();

export class EngineClient extends SocketListeners {
  readyState: 'opening' | 'open' | 'closed' = 'opening';
  transport: { name: 'polling' | 'websocket' };
  readonly #life: Life;
  #wire: Wire | undefined;
  #upgrading = false;
  /** During the upgrade no poll follows a received payload. */
  #message: (text: string) => void = () => {};
  #closed: (reason: string) => void = () => {};

  constructor(transport: 'polling' | 'websocket', life: Life) {
    super();
    this.transport = { name: transport };
    this.#life = life;
  }

  /** Sets the handlers for messages and for the end. */
  connect(onMessage: (text: string) => void, onClose: (reason: string) => void): void {
    this.#message = onMessage;
    this.#closed = onClose;
  }

  get wire(): Wire | undefined {
    return this.#wire;
  }

  /** The handshake is complete. */
  open(wire: Wire): void {
    this.#wire = wire;
    this.readyState = 'open';
  }

  write(text: string): void {
    if (this.readyState === 'open') this.#wire?.up.send(`${ENGINE.message}${text}`);
  }

  /** Closes at once. */
  close(): void {
    if (this.readyState === 'closed') return;
    this.readyState = 'closed';
    this.#wire?.up.send(ENGINE.close);
    this.#wire?.closeClient();
  }

  receive(load: Load): void {
    this.#life.run(() => {
      for (const packet of load) this.#onPacket(packet);
    });
  }

  lost(reason: string): void {
    this.#life.run(() => {
      if (this.readyState === 'closed') return;
      this.readyState = 'closed';
      this.#closed(reason);
    });
  }

  upgradeBegins(): void {
    this.#upgrading = true;
  }

  upgradeEnds(completed: boolean): void {
    this.#upgrading = false;
    if (this.readyState !== 'open') return;
    if (completed) {
      this.transport = { name: 'websocket' };
      this.fire('upgrade', this.transport);
    } else {
      this.fire('upgradeError', new Error('probe error'));
    }
  }

  #onPacket(packet: string): void {
    if (this.readyState !== 'open') return;
    switch (packet) {
      case PAYLOAD_END:
        if (!this.#upgrading) this.#wire?.up.send(POLL);
        return;
      case ENGINE.ping:
        // The engine answers by itself, before the app gets the packets from before the ping.
        this.#wire?.up.send(ENGINE.pong);
        return;
      case ENGINE.close:
        this.lost('transport close');
        return;
      default:
        void SOON.then(() => this.readyState === 'open' && this.#message(packet.slice(1)));
    }
  }
}
