/** All scenarios, in the order in which they run. docs/security.md has the findings that they stand for. */

import type { Scenario } from '../scenario.js';
import { abandonedUpgrades } from './abandoned-upgrades.js';
import { authorizeCalls } from './authorize-calls.js';
import { catchUp } from './catch-up.js';
import { deepEvents } from './deep-events.js';
import { descriptors } from './descriptors.js';
import { emptyThreads } from './empty-threads.js';
import { ephemerals } from './ephemerals.js';
import { handshakes } from './handshakes.js';
import { idleSockets } from './idle-sockets.js';
import { logVolume } from './log-volume.js';
import { malformed } from './malformed.js';
import { newThreads } from './new-threads.js';
import { packetFloods } from './packet-floods.js';
import { pipelining } from './pipelining.js';
import { refusedPosts } from './refused-posts.js';
import { registerAndLeave } from './register-and-leave.js';
import { runsOfOneUser } from './runs-of-one-user.js';
import { slowRequests } from './slow-requests.js';
import { stalledStreams } from './stalled-streams.js';
import { tokenGuesses } from './token-guesses.js';
import { v1Registrations } from './v1-registrations.js';

export const SCENARIOS: readonly Scenario[] = [
  malformed,
  packetFloods,
  refusedPosts,
  v1Registrations,
  ephemerals,
  registerAndLeave,
  runsOfOneUser,
  handshakes,
  descriptors,
  idleSockets,
  authorizeCalls,
  tokenGuesses,
  newThreads,
  emptyThreads,
  stalledStreams,
  catchUp,
  slowRequests,
  deepEvents,
  logVolume,
  pipelining,
  abandonedUpgrades,
];

export function scenarioOf(name: string): Scenario {
  const found = SCENARIOS.find((each) => each.name === name);
  if (!found) throw new Error(`There is no scenario ${name}.`);
  return found;
}

type Group = [Scenario, ...Scenario[]];

/** Each scenario has a server for itself, or shares it with those that need the same one. */
export function groupsOf(scenarios: readonly Scenario[], shared: boolean): readonly Group[] {
  if (!shared) return scenarios.map((each) => [each]);
  const groups = new Map<string, Group>();
  for (const each of scenarios) {
    const key = each.fill ? each.name : JSON.stringify(each.server ?? {});
    const group = groups.get(key);
    if (group) group.push(each);
    else groups.set(key, [each]);
  }
  return [...groups.values()];
}
