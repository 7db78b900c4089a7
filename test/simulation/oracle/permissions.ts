/** Clients whose right to follow threads was revoked, and when (I10). */

import type { Scheduler } from '../time/scheduler.js';

export class Permissions {
  readonly #scheduler: Scheduler;
  readonly #revokedAt = new Map<string, number>();
  readonly #ended = new Set<string>();

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** @param client the name under which a page connects */
  revoke(client: string): void {
    if (!this.isRevoked(client)) this.#revokedAt.set(client, this.#scheduler.now);
  }

  /** Every node has confirmed that it serves the client nothing more. */
  end(client: string): void {
    this.#ended.add(client);
  }

  hasEnded(client: string): boolean {
    return this.#ended.has(client);
  }

  isRevoked(client: string): boolean {
    return this.#revokedAt.has(client);
  }

  /** Whether `client` had the right to follow at `at`. */
  had(client: string, at: number): boolean {
    return at <= (this.#revokedAt.get(client) ?? Number.POSITIVE_INFINITY);
  }
}
