/** Does to a world what an action says. */

import { threadName } from '../names.js';
import type { Tab } from '../pages/crowd.js';
import type { World } from '../world.js';
import type { Action, Deed } from './actions.js';

type Of<D extends Deed> = Extract<Action, { do: D }>;

export function perform(world: World, action: Action): void {
  world.court.note(() => `--- ${JSON.stringify(action)}`);
  DEEDS[action.do](world, action as never);
}

const DEEDS: { readonly [D in Deed]: (world: World, action: Of<D>) => void } = {
  publish(world, { thread, count, everyMs, bytes, named }) {
    for (let index = 0; index < count; index += 1) {
      world.scheduler.after(index * everyMs, () =>
        world.publisher.publish(threadName(thread), bytes, named),
      );
    }
  },
  ask({ node }, { thread, publish, parts, everyMs, ends }) {
    if (node?.state !== 'listening') return;
    const run = node.sessions?.internals.runs.prepare({
      thread_id: threadName(thread),
      user_input: JSON.stringify({ parts, everyMs, ends }),
      user_id: null,
      publish,
    });
    run?.begin();
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
    onTab(world, page, (tab) => tab.page.wire?.swallow(what, count)),

  freeze: (world, { page, ms }) =>
    onTab(world, page, (tab) => {
      tab.page.life.freeze();
      world.scheduler.after(ms, () => {
        tab.page.life.thaw();
        tab.page.wake();
      });
    }),
  wake: (world, { page }) => onTab(world, page, (tab) => tab.page.wake()),
  reload: (world, { page, checkpoint }) =>
    onTab(world, page, (tab) => world.crowd.reload(tab, checkpoint)),
  duplicate: (world, { page }) => onTab(world, page, (tab) => world.crowd.duplicate(tab)),
  leave: (world, { page, politely }) =>
    onTab(world, page, (tab) => world.crowd.remove(tab, politely)),
  restart_monitor: (world, { page, afterMs }) =>
    onTab(world, page, (tab) => {
      const { life, followings } = tab.page;
      life.run(() => {
        for (const { monitor } of followings) monitor.stop();
        life.after(afterMs, () => tab.page.start());
      });
    }),

  kill(world, { silently, downMs, at_step }) {
    const strike = () => world.killNode(silently, downMs);
    if (at_step) world.disk.ambush(at_step, strike);
    else strike();
  },
  stop: (world, { drainMs, downMs }) => world.stopNode(drainMs, downMs),
  clock: (world, { byMs }) => world.moveClock(byMs),
  authorize: (world, { mode, ms }) => world.faults.authorize(mode, ms),

  disk: (world, { flushMs, ms }) => world.faults.disk(flushMs, ms),
  disk_fails({ disk }) {
    disk.failsNext = true;
  },
  reads: (world, { slowMs, failing, ms }) => world.faults.reads({ slowMs, failing }, ms),
  backup: (world) => world.backup(),
  restore: (world, { downMs }) => world.restore(downMs),
  trim: ({ node }, { thread, keep }) => {
    node?.store?.logs.trim(threadName(thread), { maxEvents: keep }, 1_000).catch(() => {});
  },
  erase: ({ node }, { thread }) => {
    node?.sessions?.deleteThread(threadName(thread)).catch(() => {});
  },
};

function onTab({ crowd }: World, index: number, work: (tab: Tab) => void): void {
  const tab = crowd.tab(index);
  if (tab) work(tab);
}
