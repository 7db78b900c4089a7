/** Peers that share the requests of an attack. */

import { times } from '../../support/until.js';
import { HttpPeer } from './http-peer.js';
import { addressOf } from './kit.js';

export class HttpPeers {
  readonly #all: readonly [HttpPeer, ...HttpPeer[]];

  constructor(port: number, count: number) {
    const peer = (index: number) => new HttpPeer(port, addressOf(index));
    this.#all = [peer(0), ...times(count - 1, (index) => peer(index + 1))];
  }

  /** The peer whose turn the request with this number is. */
  of(request: number): HttpPeer {
    return this.#all[request % this.#all.length] ?? this.#all[0];
  }

  /** Lets all of them ask, each again and again until the deadline. Closes each when it has done so. */
  async askUntil(deadline: number, ask: (peer: HttpPeer) => Promise<unknown>): Promise<void> {
    const askOn = async (peer: HttpPeer) => {
      while (performance.now() < deadline) await ask(peer);
      peer.close();
    };
    await Promise.all(this.#all.map(askOn));
  }

  close(): void {
    for (const peer of this.#all) peer.close();
  }
}
