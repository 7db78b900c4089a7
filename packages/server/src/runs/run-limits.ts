/** How many runs one user, and all users together, may have waiting or being produced. Pure. */

import type { ServerLimits } from '../limits.js';
import type { RunRequest } from './run-id.js';

type Requester = Pick<RunRequest, 'owner' | 'address'>;

/** The share of all runs that is kept for users who have none. */
const RESERVE = 0.1;

/** Which limit a request exceeds; undefined if it may begin. */
export function exceededBy(
  request: Requester,
  open: readonly Requester[],
  { runs, runsPerUser }: Pick<ServerLimits, 'runs' | 'runsPerUser'>,
): 'runs' | 'runsPerUser' | undefined {
  const user = userOf(request);
  const own = user === undefined ? 0 : open.filter((each) => userOf(each) === user).length;
  if (own >= runsPerUser) return 'runsPerUser';
  const room = own > 0 ? Math.ceil(runs * (1 - RESERVE)) : runs;
  return open.length >= room ? 'runs' : undefined;
}

/**
 * The user as `authorize` names it; else the address, since a caller may claim any user. A program's own requests have
 * neither.
 */
const userOf = ({ owner, address }: Requester): string | undefined =>
  owner != null ? `user ${owner}` : address;
