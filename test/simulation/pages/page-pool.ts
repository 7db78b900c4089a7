/** All pages of a world. */

import type { Receipt } from '../../../packages/protocol/src/messages.js';
import { threadName } from '../names.js';
import type { Access, SimNetwork } from '../network/network.js';
import type { Checker } from '../oracle/checker.js';
import type { ReferenceLog } from '../oracle/reference-log.js';
import type { View } from '../oracle/view.js';
import type { PagePlan } from '../scenario/actions.js';
import type { Random } from '../time/random.js';
import type { Scheduler } from '../time/scheduler.js';
import { type SavedState, SimPage, type SimPageDeps, type TabStorage } from './page.js';
import { V1Page } from './v1-page.js';

export interface PagePoolDeps {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly checker: Checker;
  readonly reference: ReferenceLog;
  readonly network: SimNetwork;
  readonly firstGrant: (instance: string, receipt: Receipt) => Receipt | undefined;
  readonly onRegistered: (receipt: Receipt, view: View) => void;
}

/** A page with everything that is needed to open it again. */
export interface Tab {
  readonly page: SimPage | V1Page;
  readonly plan: PagePlan;
  readonly access: Access;
  readonly storage: TabStorage;
}

/** The most tabs at a time: limits repeated duplication. */
const MAX_TABS = 5;

export class PagePool {
  readonly #deps: PagePoolDeps;
  #tabs: Tab[] = [];
  #opened = 0;
  /** See {@link SimPageDeps.claimed}. */
  readonly claimed = new Set<string>();

  constructor(deps: PagePoolDeps) {
    this.#deps = deps;
  }

  get tabs(): readonly Tab[] {
    return this.#tabs;
  }

  /** The tab with an action's number; undefined if there is none. */
  tab(index: number): Tab | undefined {
    return this.#tabs[index % Math.max(1, this.#tabs.length)];
  }

  open(plan: PagePlan, storage: TabStorage = new Map(), saved?: SavedState): void {
    if (this.#tabs.length >= MAX_TABS) return;
    this.#opened += 1;
    const name = `page-${this.#opened}`;
    const { scheduler, checker, reference, network, firstGrant, onRegistered } = this.#deps;
    const access: Access = {
      name,
      transport: plan.transport,
      upgradeAfterMs: plan.upgradeAfterMs,
      offlineUntil: 0,
      upgrade: { takesMs: 20, completes: true },
      keptDead: 0,
      trap: null,
    };
    const deps: SimPageDeps = {
      name,
      scheduler,
      checker,
      reference,
      storage,
      firstGrant,
      onRegistered,
      claimed: this.claimed,
      random: this.#deps.random.fork(name),
      threads: plan.threads.map(threadName),
      since: plan.since,
      pingIntervalMs: plan.pingIntervalMs,
      manager: {
        reconnection: plan.reconnection,
        attempts: plan.attempts,
        delayMs: 60,
        delayMaxMs: 400,
      },
      dial: (life) => network.dial(access, life),
      ...(saved && { saved }),
    };
    const page = plan.dialect === 1 ? new V1Page(deps) : new SimPage(deps);
    checker.note(() => `${name} opens, following ${plan.threads.map(threadName).join(', ')}`);
    this.#tabs.push({ page, plan, access, storage });
    page.start();
  }

  /** Removes a tab, with a goodbye or without one. */
  remove(tab: Tab, politely: boolean): void {
    this.#deps.checker.note(() => `${tab.page.name} ${politely ? 'closes' : 'is gone'}`);
    if (politely && !tab.page.life.frozen) tab.page.close();
    tab.page.vanish();
    this.#tabs = this.#tabs.filter((each) => each !== tab);
  }

  /** The tab loads the page again; with a checkpoint the app continues from its saved state. */
  reload(tab: Tab, checkpoint: boolean): void {
    const [first] = tab.page.followings;
    const cursor =
      checkpoint && tab.page.followings.length === 1 ? first?.monitor.checkpoint() : null;
    this.remove(tab, false);
    const saved = cursor && first ? { cursor, view: first.view } : undefined;
    this.open(tab.plan, tab.storage, saved);
  }

  /** Opens a second tab with a copy of the first one's storage. */
  duplicate(tab: Tab): void {
    this.open(tab.plan, new Map(tab.storage));
  }
}
