/** What is found over all sessions, in words: how often, and where an operator goes from there. */

import type { OngoingFinding } from './answers.js';
import { counted } from './format.js';
import { NO_QUERY, type Route } from './route.js';

/** Names that do not fit into a column. */
const SHORT: Readonly<Record<string, string>> = { acknowledgements_withheld: 'acks withheld' };

/** A finding's code as a name: `stuck on polling`. */
export const nameOfFinding = (code: string): string => SHORT[code] ?? code.replaceAll('_', ' ');

const COUNTED: Readonly<Record<OngoingFinding['about'], (count: number) => string>> = {
  node: (count) => counted(count, 'server'),
  client: (count) => `${counted(count, 'time')} within a minute`,
  session: (count) => counted(count, 'session'),
  thread: (count) => counted(count, 'thread'),
};

/** `37 sessions`. */
export const countOf = ({ about, count }: Pick<OngoingFinding, 'about' | 'count'>): string =>
  COUNTED[about](count);

export interface Place {
  readonly name: string;
  readonly to: Route;
}

/** The pages with more about it: the list of all that have it, and the one that has had it longest. */
export function placesOf({
  about,
  code,
  count,
  node,
  session_id,
  thread_id,
}: OngoingFinding): readonly Place[] {
  const list = (change: object): Route => ({
    page: 'sessions',
    query: { ...NO_QUERY, ...change },
  });
  const thread: readonly Place[] =
    thread_id === null
      ? []
      : [{ name: `Thread ${thread_id}`, to: { page: 'thread', thread_id, from: null } }];
  if (about === 'node') return [{ name: `Sessions of ${node}`, to: list({ node }) }];
  if (about === 'thread') return [...thread, { name: 'All replies', to: { page: 'runs' } }];
  if (about === 'client' || session_id === null) return thread;
  return [
    ...(count > 1
      ? [{ name: `All ${counted(count, 'session')}`, to: list({ finding: code }) }]
      : []),
    {
      name: count > 1 ? 'The first of them' : 'Open the session',
      to: { page: 'session', session_id },
    },
  ];
}
