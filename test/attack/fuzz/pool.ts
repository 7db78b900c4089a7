/** Connections that are used again until they have carried enough, or the server closes them. */

import { pause } from '../../support/until.js';

interface Connection {
  close(): void;
}

const RETRY_MS = 50;

export class Pool<C extends Connection> {
  readonly #uses: number;
  readonly #open: (number: number) => Promise<C | undefined>;
  readonly #idle: { readonly connection: C; used: number }[] = [];
  #number = 0;

  /** @param open resolves with undefined if the server does not let it in: another one is tried a moment later */
  constructor(uses: number, open: (number: number) => Promise<C | undefined>) {
    this.#uses = uses;
    this.#open = open;
  }

  async use<T>(
    work: (connection: C) => T | Promise<T>,
    isOpen: (connection: C) => boolean,
  ): Promise<T> {
    const entry = await this.#take(isOpen);
    const result = await work(entry.connection);
    entry.used += 1;
    if (entry.used < this.#uses && isOpen(entry.connection)) this.#idle.push(entry);
    else entry.connection.close();
    return result;
  }

  /** Closes those that are not in use. */
  close(): void {
    for (const { connection } of this.#idle.splice(0)) connection.close();
  }

  async #take(isOpen: (connection: C) => boolean) {
    for (let entry = this.#idle.shift(); entry; entry = this.#idle.shift()) {
      if (isOpen(entry.connection)) return entry;
      entry.connection.close();
    }
    for (;;) {
      this.#number += 1;
      const connection = await this.#open(this.#number);
      if (connection) return { connection, used: 0 };
      await pause(RETRY_MS);
    }
  }
}
