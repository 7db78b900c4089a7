/** Writes down what a monitor does and sees, for `diagnostics`. */

import type { Companion, FollowerHost } from './companion.js';
import type { Happening } from './core/events.js';
import { type Diagnostics, diagnose } from './diagnostics.js';
import { Journal } from './journal.js';
import { TransportWatch } from './transport-watch.js';

export class Recorder implements Companion {
  readonly #host: FollowerHost;
  readonly #journal = new Journal();
  readonly #transports: TransportWatch;

  constructor(host: FollowerHost) {
    this.#host = host;
    this.#transports = new TransportWatch(() => host.socket.io.opts ?? {});
  }

  happening(happening: Happening): void {
    const { environment } = this.#host;
    this.#transports.see(happening, environment.now(), environment.wall());
  }

  packet(direction: 'received' | 'sent', data: unknown): void {
    this.#transports.count(direction, data);
  }

  line(what: readonly unknown[]): void {
    this.#journal.write(this.#host.environment.wall(), what);
  }

  diagnostics(): Diagnostics {
    const { environment, state, status, options, storage, page } = this.#host;
    const now = environment.now();
    return diagnose({
      ...{ state: state(), status: status(), options, page: page() },
      hasStorage: storage !== null,
      transport: this.#transports.summary(now),
      journal: this.#journal.lines,
      ...{ now, wall: environment.wall() },
    });
  }
}
