/** Performs an action on a world. */

import { RUN_EVENTS, SERVER_EVENTS } from '../../../packages/protocol/src/names.js';
import { decodeJson } from '../../../packages/server/src/stores/lmdb/record.js';
import type { RunRecord } from '../../../packages/server/src/stores/store.js';
import { threadName } from '../names.js';
import { SimPage } from '../pages/page.js';
import type { Tab } from '../pages/page-pool.js';
import type { SimWorld } from '../world.js';
import type { Action, ActionName } from './actions.js';

/** Beyond twice the ping interval a session's owner counts as gone. */
const FROZEN_MS = 2_300;
const LATER_MS = 300;
const LATE_RETRY_MS = 50;

type Of<D extends ActionName> = Extract<Action, { do: D }>;

export function perform(world: SimWorld, action: Action): void {
  world.checker.note(() => `--- ${JSON.stringify(action)}`);
  ACTION_NAMES[action.do](world, action as never);
}

const ACTION_NAMES: { readonly [D in ActionName]: (world: SimWorld, action: Of<D>) => void } = {
  publish(world, { thread, count, everyMs, bytes, named }) {
    for (let index = 0; index < count; index += 1) {
      world.scheduler.after(index * everyMs, () =>
        world.publisher.publish(threadName(thread), bytes, named),
      );
    }
  },
  ask(world, { thread, publish, parts, everyMs, ends }) {
    const node = world.anyNode();
    if (node?.state !== 'listening') return;
    node.sessions?.internals.runs
      .submit({
        thread_id: threadName(thread),
        user_input: JSON.stringify({ parts, everyMs, ends }),
        user_id: null,
        publish,
      })
      // A process that is about to end may not answer.
      .catch(() => {});
  },

  cut: (world, { page, tells }) => onTab(world, page, (tab) => tab.page.wire?.cut(tells)),
  black_hole: (world, { page, direction }) =>
    onTab(world, page, (tab) => tab.page.wire?.blackHole(direction)),
  stall: (world, { page, direction, ms }) =>
    onTab(world, page, (tab) => {
      if (direction !== 'down') tab.page.wire?.up.stall(ms);
      if (direction !== 'up') tab.page.wire?.down.stall(ms);
    }),
  offline: (world, { page, ms }) =>
    onTab(world, page, (tab) => {
      tab.access.offlineUntil = world.scheduler.now + ms;
      tab.page.wire?.cut('client');
      world.scheduler.after(ms, () => tab.page.wake());
    }),
  slow: (world, { maxMs, ms }) => world.faults.slow(maxMs, ms),
  upgrades: (world, { page, takesMs, completes }) =>
    onTab(world, page, ({ access }) => {
      access.upgrade = { takesMs, completes };
    }),
  swallow: (world, { page, what, count }) =>
    onTab(world, page, (tab) => tab.page.wire?.tamper(what, count, 0)),
  repeat: (world, { page, what, count }) =>
    onTab(world, page, (tab) => tab.page.wire?.tamper(what, count, 2)),

  freeze: (world, { page, ms }) =>
    onTab(world, page, (tab) => {
      tab.page.life.freeze();
      bringBack(world, tab, ms);
    }),
  put_away: (world, { page, ms, keptDead }) =>
    onTab(world, page, (tab) => {
      if (!(tab.page instanceof SimPage) || tab.page.life.frozen) return;
      tab.page.putAway();
      tab.access.keptDead = keptDead;
      bringBack(world, tab, ms);
    }),
  unanswered_dials: (world, { page, count }) =>
    onTab(world, page, (tab) => {
      // Without a monitor Socket.IO waits twenty seconds for an attempt: longer than the world lives.
      if (tab.page instanceof SimPage) tab.access.keptDead = count;
    }),
  wake: (world, { page }) => onTab(world, page, (tab) => tab.page.wake()),
  reload: (world, { page, checkpoint }) =>
    onTab(world, page, (tab) => world.clients.reload(tab, checkpoint)),
  duplicate: (world, { page }) => onTab(world, page, (tab) => world.clients.duplicate(tab)),
  leave: (world, { page, politely }) =>
    onTab(world, page, (tab) => world.clients.remove(tab, politely)),
  restart_monitor: (world, { page, at_event, skip = 0, afterMs }) =>
    onTab(world, page, (tab) => {
      if (at_event) tab.page.interruption = { afterMs, skip };
      else tab.page.life.run(() => tab.page.interrupt(afterMs));
    }),
  overstate: (world, { page }) =>
    onTab(world, page, ({ page: each }) => {
      if (each instanceof SimPage) each.life.run(() => each.overstate());
    }),
  copy_frozen: (world, { page, notice_is_lost }) =>
    onTab(world, page, (tab) => {
      const { life, wire } = tab.page;
      if (notice_is_lost) wire?.tamper(SERVER_EVENTS.sessionTakenOver, 1, 0);
      life.freeze();
      world.scheduler.after(FROZEN_MS, () => world.clients.duplicate(tab));
      world.scheduler.after(FROZEN_MS + LATER_MS, () => {
        life.thaw();
        tab.page.wake();
      });
    }),

  trap: (world, { page, packet, when, tells }) =>
    onTab(world, page, ({ access }) => {
      access.trap = { packet, when, tells };
    }),

  kill(world, { silently, downMs, at_step, node }) {
    const strike = () => world.killNode(silently, downMs, node);
    if (at_step) world.disk.ambush(at_step, strike);
    else strike();
  },
  straggler(world, { thread, downMs, lateMs }) {
    const late = latePart(world, threadName(thread));
    world.killNode(false, downMs);
    if (late) world.scheduler.after(downMs + lateMs, late);
  },
  stop: (world, { drainMs, downMs, node }) => world.stopNode(drainMs, downMs, node),
  freeze_node: (world, { node, ms }) => world.freezeNode(node, ms),
  clock: (world, { byMs }) => world.moveClock(byMs),
  authorize: (world, { mode, ms }) => world.faults.authorize(mode, ms),
  revoke: (world, { page, ended }) =>
    onTab(world, page, ({ plan, access }) => {
      if (plan.dialect !== 2) return;
      world.permissions.revoke(access.name);
      if (ended) void endRights(world, access.name, plan.threads);
    }),

  disk: (world, { flushMs, ms }) => world.faults.disk(flushMs, ms),
  disk_fails({ disk }) {
    disk.failsNext = true;
  },
  reads: (world, { slowMs, failing, ms }) => world.faults.reads({ slowMs, failing }, ms),
  backup: (world) => world.backup(),
  restore: (world, { downMs }) => world.restore(downMs),
  trim: (world, { thread, keep }) => {
    world
      .anyNode()
      ?.store?.logs.trim(threadName(thread), { maxEvents: keep }, 1_000)
      .catch(() => {});
  },
  forget: (world, { thread }) => {
    world
      .anyNode()
      ?.store?.logs.forgetIdle(threadName(thread), Number.POSITIVE_INFINITY)
      .catch(() => {});
  },
  erase(world, { thread }) {
    const thread_id = threadName(thread);
    const node = world.anyNode();
    const logs = world.reference.logsOf(thread_id);
    node?.sessions?.deleteThread(thread_id).then(
      () => world.reference.erased(logs, node.name),
      () => {},
    );
  },

  redis_cut: ({ nodes }, { node, link }) => {
    const links = nodes[node % Math.max(1, nodes.length)]?.redis;
    links?.[link].cut();
  },
  redis_deaf({ nodes, scheduler }, { node, link, ms }) {
    const connection = nodes[node % Math.max(1, nodes.length)]?.redis?.[link];
    if (!connection?.ready) return;
    connection.deaf = true;
    scheduler.after(ms, () => connection.deaf && connection.cut());
  },
  redis_slow: (world, { maxMs, ms }) => world.faults.redisSlow(maxMs, ms),
  redis_down: ({ redis }, { downMs }) => redis?.sim.restart(downMs),
  fail_over: ({ redis }, { behindMs, downMs }) => redis?.sim.failOver(behindMs, downMs),
  wakes_lost({ nodes, scheduler }, { node, ms }) {
    const wake = nodes[node % Math.max(1, nodes.length)]?.redis?.wake;
    if (!wake) return;
    wake.losesWakes = true;
    scheduler.after(ms, () => {
      wake.losesWakes = false;
    });
  },
};

function bringBack({ scheduler }: SimWorld, { page }: Tab, ms: number): void {
  scheduler.after(ms, () => {
    page.life.thaw();
    page.wake();
  });
}

/**
 * Revokes the threads of a page: nothing reaches it once all nodes have confirmed that. A node whose heartbeat a failover
 * has lost is not asked: a limit, see docs/invariants.md.
 */
async function endRights(
  world: SimWorld,
  client: string,
  threads: readonly number[],
): Promise<void> {
  const sessions = world.anyNode()?.sessions;
  if (!sessions) return;
  const revoked = threads.map((thread) => sessions.revokeThread(threadName(thread)));
  const outcomes = await Promise.all(revoked).catch(() => []);
  const isComplete = outcomes.every(({ unreachable }) => unreachable.length === 0);
  if (outcomes.length > 0 && isComplete && !isAnyUnlisted(world)) world.permissions.end(client);
}

/** Whether a failover has lost the heartbeat of a process that serves. */
const isAnyUnlisted = ({ nodes, redis }: SimWorld): boolean =>
  redis?.watch.wasPutBack === true &&
  nodes.some(({ state, name }) => state === 'listening' && !redis.watch.isAlive(name));

/** One more part of a thread's newest open run, under its producer's token. */
function latePart(world: SimWorld, thread_id: string): (() => void) | undefined {
  const runs = world.disk.tables.runs.range({}).map(({ key, value }) => {
    return decodeJson<RunRecord>(key, value);
  });
  const run = runs.findLast((each) => each.log_id === thread_id && each.status === 'running');
  if (!run) return undefined;
  const { run_id, token } = run;
  const part = JSON.stringify([RUN_EVENTS.message, { run_id, delta: 'late' }]);
  const write = () => {
    const { scheduler } = world;
    const node = world.anyNode();
    if (node?.state !== 'listening') {
      scheduler.after(LATE_RETRY_MS, write);
      return;
    }
    world.checker.note(() => `a late part of ${run_id}, token ${token}`);
    node.store?.logs.append(thread_id, [part], { fence: { run_id, token } }).catch(() => {});
  };
  return write;
}

function onTab({ clients }: SimWorld, index: number, work: (tab: Tab) => void): void {
  const tab = clients.tab(index);
  if (tab) work(tab);
}
