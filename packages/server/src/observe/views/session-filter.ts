/** Which sessions a list shows. Pure. */

import type { SessionView } from './session-view.js';

/** What is left out does not matter. */
export interface SessionFilter {
  readonly thread_id?: string;
  readonly user_id?: string;
  /** The session's `status`. */
  readonly state?: SessionView['status'];
  readonly transport?: string;
  readonly node?: string;
  readonly protocol?: SessionView['protocol'];
  /** What the session's id, its thread, its user or its address begins with. */
  readonly q?: string;
}

/** A session as a filter sees it. */
export type FilteredSession = Pick<
  SessionView,
  'session_id' | 'thread_id' | 'user_id' | 'status' | 'transport' | 'node' | 'protocol'
>;

/** @param addressOf returns the session's address, if it is known: most filters do not ask for it */
export function matches(
  filter: SessionFilter,
  session: FilteredSession,
  addressOf: () => string | null,
): boolean {
  return (
    isWanted(filter.thread_id, session.thread_id) &&
    isWanted(filter.user_id, session.user_id) &&
    isWanted(filter.state, session.status) &&
    isWanted(filter.transport, session.transport) &&
    isWanted(filter.node, session.node) &&
    isWanted(filter.protocol, session.protocol) &&
    (filter.q === undefined || begins(filter.q, session, addressOf))
  );
}

const isWanted = <T>(wanted: T | undefined, value: T | null): boolean =>
  wanted === undefined || wanted === value;

const begins = (
  q: string,
  { session_id, thread_id, user_id }: FilteredSession,
  addressOf: () => string | null,
): boolean =>
  session_id.startsWith(q) ||
  thread_id.startsWith(q) ||
  user_id?.startsWith(q) === true ||
  addressOf()?.startsWith(q) === true;
