/** Conditions for a world that has had time to settle, and for one that all clients have left. */

import { decodeJson } from '../../../packages/server/src/stores/lmdb/record.js';
import type { RunRecord } from '../../../packages/server/src/stores/store.js';
import { threadName } from '../names.js';
import type { Scenario } from '../scenario/actions.js';
import type { SimNode } from '../server/sim-node.js';
import type { SimWorld } from '../world.js';
import { checkThreadList } from './list-check.js';
import { checkRuns } from './runs-check.js';

/** How long everything has to settle once the faults have ended. */
export const SETTLE_MS = 10_000;
/** Nodes that are lost are noticed after five seconds, and cleaned up after by the next beat. */
export const CLUSTER_SETTLE_MS = 25_000;

/** Why the world is not settled yet; undefined if it is. */
export function unsettled(world: SimWorld): string | undefined {
  const { nodes, publications, clients, permissions, scenario, redis } = world;
  if (nodes.length < (scenario.cluster?.nodes ?? 1)) return 'a node is not up';
  if (nodes.some(({ state }) => state !== 'listening')) return 'a node does not listen';
  if (publications.unsettled > 0) return `${publications.unsettled} publications are unanswered`;
  for (const { sessions, name } of nodes) {
    const runs = sessions?.internals.runs.size ?? 0;
    if (runs > 0) return `${runs} runs are under way on ${name}`;
  }
  const open = redis?.watch.runs().find(({ status }) => status === 'running');
  if (open) return `run ${open.run_id} is open`;
  const followed = clients.tabs.flatMap(({ plan }) => plan.threads.map(threadName));
  const waits = redis?.watch.unconfirmed().find((log_id) => followed.includes(log_id));
  if (waits !== undefined) return `an append to ${waits} is not confirmed`;
  for (const { page, access } of clients.tabs) {
    const reason = page.unsettled(permissions.isRevoked(access.name));
    if (reason) return `${page.name} ${reason}`;
  }
  if (mayLinger(scenario)) return undefined;
  for (const node of nodes) {
    const reason = staleSession(world, node);
    if (reason) return reason;
  }
  return undefined;
}

/** A session that a node should have ended. */
function staleSession({ clients, owners, redis }: SimWorld, node: SimNode): string | undefined {
  for (const { record, peer } of node.sessions?.internals.registry.connected() ?? []) {
    const { session_id } = record;
    const tab = clients.tabs.find(({ page }) => page.hasStopped(record));
    if (tab) return `${tab.page.name} has stopped, and the server still sends to it`;
    // A limit: a replica that was behind has forgotten who owns the session, and no message reaches the node.
    if (redis?.watch.hasLost) continue;
    const owner = owners.socketOf(session_id);
    if (owner && owner.id !== peer.id && owner.node !== node.name) {
      return `${node.name} still serves ${session_id}, which has moved to ${owner.node}`;
    }
    const stored = redis?.watch.sessionOf(session_id);
    if (redis && (stored?.state !== 'connected' || stored.node !== record.node)) {
      return `${node.name} serves ${session_id}, which is stored as ${stored?.state} on ${stored?.node}`;
    }
  }
  return undefined;
}

/**
 * A receipt that is lost on a healthy connection leaves a session without an owner. The server removes it when it
 * is idle, which may be after the end of the world.
 */
const mayLinger = ({ idle, actions }: Scenario): boolean =>
  idle.expireMs > SETTLE_MS &&
  actions.some((action) => action.do === 'swallow' && action.what === 'answer');

/** What the server still holds although all clients have left (I12). */
export function leftBehind({ nodes }: SimWorld): string | undefined {
  const left = nodes.flatMap(({ sessions, name }) =>
    Object.entries(sessions?.stats() ?? {})
      .filter(([, count]) => count > 0)
      .map(([what, count]) => `${count} ${what} on ${name}`),
  );
  return left.length === 0 ? undefined : left.join(', ');
}

/** Checks the store's contents at the end. */
export function checkLog(world: SimWorld): void {
  const { reference, checker, publications, disk, redis } = world;
  publications.check();
  // A log without followers is confirmed when a reader opens it.
  const unconfirmed = redis?.watch.unconfirmed() ?? [];
  checkRuns(reference, checker, unconfirmed);
  checkThreadList(disk, checker);
  const onDisk = disk.tables.runs
    .range({})
    .map(({ key, value }) => decodeJson<RunRecord>(key, value));
  for (const run of [...onDisk, ...(redis?.watch.runs() ?? [])]) {
    checker.expect(run.status !== 'running', 'I7', () => `run ${run.run_id} has never ended`);
  }
}
