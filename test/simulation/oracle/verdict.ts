/** Conditions for a world that has had time to settle, and for one that all clients have left. */

import { decodeJson } from '../../../packages/server/src/stores/lmdb/record.js';
import type { RunRecord } from '../../../packages/server/src/stores/store.js';
import type { Scenario } from '../scenario/actions.js';
import type { SimWorld } from '../world.js';
import { checkThreadList } from './list-check.js';
import { checkRuns } from './runs-check.js';

/** How long everything has to settle once the faults have ended. */
export const SETTLE_MS = 10_000;

/** Why the world is not settled yet; undefined if it is. */
export function unsettled({
  node,
  publications,
  clients,
  permissions,
  scenario,
}: SimWorld): string | undefined {
  if (node?.state !== 'listening') return 'the node is not up';
  if (publications.unsettled > 0) return `${publications.unsettled} publications are unanswered`;
  const runs = node.sessions?.internals.runs.size ?? 0;
  if (runs > 0) return `${runs} runs are under way`;
  for (const { page, access } of clients.tabs) {
    const reason = page.unsettled(permissions.isRevoked(access.name));
    if (reason) return `${page.name} ${reason}`;
  }
  if (mayLinger(scenario)) return undefined;
  for (const { record } of node.sessions?.internals.registry.connected() ?? []) {
    const tab = clients.tabs.find(({ page }) => page.hasStopped(record.instance));
    if (tab) return `${tab.page.name} has stopped, and the server still sends to it`;
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
export function leftBehind({ node }: SimWorld): string | undefined {
  const stats = node?.sessions?.stats();
  const left = Object.entries(stats ?? {}).filter(([, count]) => count > 0);
  return left.length === 0 ? undefined : left.map(([what, n]) => `${n} ${what}`).join(', ');
}

/** Checks the disk's contents at the end. */
export function checkLog(world: SimWorld): void {
  const { reference, checker, publications, disk } = world;
  publications.check();
  checkRuns(reference, checker);
  checkThreadList(disk, checker);
  for (const { key, value } of disk.tables.runs.range({})) {
    const run = decodeJson<RunRecord>(key, value);
    checker.expect(run.status !== 'running', 'I7', () => `run ${run.run_id} has never ended`);
  }
}
