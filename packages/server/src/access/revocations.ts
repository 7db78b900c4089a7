/**
 * Revocations of the last minute. A caller may be granted something just before its rights are revoked, and get it just
 * after: a grant has the mark that was taken before `authorize` was asked, and is compared with what came since. Revoked users are
 * remembered for a day, for tokens that were issued before.
 */

import { fault, type Revocation } from '@session-monitor/protocol';
import type { Clock } from '../util/clock.js';

/** What may be revoked: a session, a stream. */
export interface Holder {
  readonly user_id: string | null;
  readonly thread_id: string;
  /** Absent for a stream. */
  readonly session_id?: string;
}

/** A point in the order of revocations. */
export type Mark = number;

/** Longer than `authorize` and the store together may take. */
const KEPT_MS = 60_000;
/** Longer than tokens usually last. */
const USERS_KEPT_MS = 24 * 60 * 60_000;

export const concerns = (revocation: Revocation, holder: Holder): boolean => {
  if ('user_id' in revocation) return holder.user_id === revocation.user_id;
  if ('thread_id' in revocation) return holder.thread_id === revocation.thread_id;
  return holder.session_id === revocation.session_id;
};

interface Entry {
  readonly revocation: Revocation;
  readonly mark: Mark;
  /** Monotonic milliseconds. */
  readonly at: number;
}

export class Revocations {
  readonly #clock: Pick<Clock, 'now' | 'wall'>;
  /** When users were revoked last, oldest first, in milliseconds since 1970. */
  readonly #users = new Map<string, number>();
  #entries: readonly Entry[] = [];
  #newest: Mark = 0;

  constructor(clock: Pick<Clock, 'now' | 'wall'>) {
    this.#clock = clock;
  }

  /** The mark to take before a question. */
  get mark(): Mark {
    return this.#newest;
  }

  add(revocation: Revocation): void {
    const now = this.#clock.now();
    this.#newest += 1;
    const recent = this.#entries.filter(({ at }) => now - at < KEPT_MS);
    this.#entries = [...recent, { revocation, mark: this.#newest, at: now }];
    if ('user_id' in revocation) this.#rememberUser(revocation.user_id);
  }

  /** When the user was revoked within the last day, in milliseconds since 1970. */
  revokedAt(user_id: string): number | undefined {
    return this.#users.get(user_id);
  }

  #rememberUser(user_id: string): void {
    const wall = this.#clock.wall();
    this.#users.delete(user_id);
    this.#users.set(user_id, wall);
    for (const [oldest, at] of this.#users) {
      if (wall - at < USERS_KEPT_MS) return;
      this.#users.delete(oldest);
    }
  }

  /** Whether the holder's rights were revoked after the mark was taken. */
  since(mark: Mark, holder: Holder): boolean {
    if (mark === this.#newest) return false;
    return this.#entries.some((each) => each.mark > mark && concerns(each.revocation, holder));
  }
}

/** The answer to a caller whose rights changed while it was asked about: asked again, `authorize` knows. */
export const revokedFault = fault('unavailable', 'Rights were revoked meanwhile. Try again.');
