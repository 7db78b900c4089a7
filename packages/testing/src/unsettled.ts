/** What is still to happen before every client that can has everything. */

import { SERVER_EVENTS } from '@session-monitor/protocol';
import type { FakeHttp } from './fake-fetch.js';
import type { FakeRegistry } from './fake-registry.js';
import type { FakeRuns } from './fake-runs.js';
import type { FakeSocket } from './fake-socket.js';

export interface SettlingDeps {
  readonly sockets: Iterable<FakeSocket>;
  readonly registry: Pick<FakeRegistry, 'on'>;
  readonly http: Pick<FakeHttp, 'underWay'>;
  readonly runs: Pick<FakeRuns, 'isPaced'>;
  /** Whether connections reach the server. */
  readonly isUp: boolean;
}

/** In words; undefined if there is nothing. */
export function unsettled({
  sockets,
  registry,
  http,
  runs,
  isUp,
}: SettlingDeps): string | undefined {
  // No client can get anything.
  if (!isUp) return undefined;
  if (http.underWay > 0) return 'a request is not answered';
  if (runs.isPaced) return 'a reply is being produced';
  for (const socket of sockets) {
    const why = unsettledSocket(socket, registry);
    if (why) return why;
  }
  return undefined;
}

function unsettledSocket(
  socket: FakeSocket,
  registry: Pick<FakeRegistry, 'on'>,
): string | undefined {
  const { active, isExpected, connected, connection } = socket;
  // Each monitor that is started listens to it, once.
  const monitors = socket.listeners(SERVER_EVENTS.threadEvents).length;
  // Nothing will connect it, unless a monitor was asked to come back later.
  if (!active && !(isExpected && monitors > 0)) return undefined;
  if (!connected || !connection) return 'a socket is not connected';
  if (connection.underWay > 0) {
    return connection.isFrozen ? 'a connection is frozen' : 'something is under way';
  }
  const served = [...connection.seats.values()].filter((seat) => seat !== 'asked').length;
  if (served < monitors) return 'a monitor is not registered';
  const behind = registry.on(connection).find(({ lag }) => lag > 0);
  return behind && `${behind.lag} events of '${behind.names.thread_id}' have not arrived`;
}
