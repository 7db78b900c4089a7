/** What is found on a server, or on all of them: one entry for each finding, with how often it is found. Pure. */

import { FINDING_CODES, type Finding, type FindingCode } from '../findings/facts.js';

/** What a finding is about: the server itself, a client that has no session, a session, or the replies of a thread. */
type FindingSubject = 'node' | 'client' | 'session' | 'thread';

/** Where a finding was found. */
export interface FindingPlace {
  readonly about: FindingSubject;
  readonly node: string;
  /** Null for one that is not about a session; so is the next. */
  readonly session_id: string | null;
  readonly thread_id: string | null;
}

/** A finding that holds now, where it has held longest. */
export interface OngoingFinding
  extends FindingPlace,
    Pick<Finding, 'code' | 'title' | 'evidence' | 'next'> {
  /** How many servers, clients, sessions or threads it is found on. */
  readonly count: number;
  /** Since when, in milliseconds since 1970. */
  readonly since: number;
}

export class FindingTally {
  readonly #found = new Map<FindingCode, OngoingFinding>();

  add({ code, at, title, evidence, next }: Finding, place: FindingPlace, count = 1): void {
    const since = Date.parse(at);
    this.join({ code, title, evidence, next, ...place, count, since });
  }

  /** Adds what was counted elsewhere. */
  join(found: OngoingFinding): void {
    const known = this.#found.get(found.code);
    const count = found.count + (known?.count ?? 0);
    const first = known && known.since <= found.since ? known : found;
    this.#found.set(found.code, { ...first, count });
  }

  /** Causes first. */
  get all(): readonly OngoingFinding[] {
    return FINDING_CODES.flatMap((code) => this.#found.get(code) ?? []);
  }
}
