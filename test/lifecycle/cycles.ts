/** The lifecycle events of pages, each as one cycle. It ends when the page follows again and has everything. */

import { pause, until } from '../support/until.js';
import type { Tab } from './chromium.js';
import type { LifecycleWorld } from './world.js';

interface CycleContext {
  readonly world: LifecycleWorld;
  readonly tab: Tab;
  /** How long a page is frozen or offline. */
  readonly awayMs: number;
}

/** Resolves with the milliseconds until the page was live again (and, unless it was reloaded, had everything). */
export type Cycle = (context: CycleContext) => Promise<number>;

/** The machine sleeps, or the browser freezes the page. */
const frozen: Cycle = async ({ world, tab, awayMs }) => {
  const thaw = await world.chromium.freeze();
  try {
    await pause(awayMs);
  } finally {
    thaw();
  }
  return (await world.caughtUp(tab)).allMs;
};

/** No network: no connection succeeds, and existing ones are cut, as by a browser when its network changes. */
const offline: Cycle = async ({ world, tab, awayMs }) => {
  const emulate = (isOffline: boolean) =>
    tab.ask('Network.emulateNetworkConditions', {
      offline: isOffline,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: -1,
    });
  await emulate(true);
  world.proxy.refusing = true;
  world.proxy.cut();
  await pause(awayMs);
  world.proxy.refusing = false;
  await emulate(false);
  return (await world.caughtUp(tab)).allMs;
};

/** The user follows a link and comes back. */
const backAndForward: Cycle = async ({ world, tab }) => {
  const before = (await world.report(tab))?.restored ?? 0;
  await tab.evaluate(`location.href = '${world.site.origin}/elsewhere.html'`);
  await until('it is elsewhere', () => tab.evaluate(`document.body?.innerText === 'Elsewhere'`));
  await tab.evaluate('history.back()');
  const restored = await until('it is back', async () => (await world.report(tab))?.restored);
  if (restored !== before + 1) throw new Error('The page was reloaded, not taken from the cache');
  return (await world.caughtUp(tab)).allMs;
};

const reload: Cycle = async ({ world, tab }) => {
  await tab.evaluate('window.before = true');
  await tab.ask('Page.reload');
  await until('it is reloaded', () =>
    tab.evaluate('window.before === undefined && window.lab !== undefined'),
  );
  return (await world.caughtUp(tab)).liveMs;
};

/** `window.open` copies the tab's storage, like a browser's "Duplicate tab". */
const duplicated: Cycle = async ({ world, tab }) => {
  const original = await world.report(tab);
  await tab.evaluate(`void window.open(location.href)`);
  const copy = await world.chromium.opened([tab]);
  await until('the copy is there', () => copy.evaluate('window.lab !== undefined'));
  const { liveMs } = await world.caughtUp(copy);
  const forked = await world.report(copy);
  if (forked?.outcome !== 'forked' || forked.session_id === original?.session_id) {
    throw new Error(`The copy has the session of the original: ${JSON.stringify(forked)}`);
  }
  expectFlawless(await world.flaws(copy));
  await copy.close();
  if ((await world.report(tab))?.session_id !== original?.session_id) {
    throw new Error('The original has lost its session to its copy');
  }
  await world.caughtUp(tab);
  return liveMs;
};

/** Two tabs share a connection, and the leading tab closes. */
const handedOver: Cycle = async ({ world }) => {
  const share = `share-${performance.now()}`;
  const leader = await world.chromium.open(world.address({ share }));
  await world.caughtUp(leader);
  const heir = await world.chromium.open(world.address({ share }));
  await world.caughtUp(heir);
  const [first, second] = [await world.report(leader), await world.report(heir)];
  if (!first?.leads || second?.leads !== false) {
    throw new Error(`Not one of two leads: ${JSON.stringify([first, second])}`);
  }
  expectFlawless(await world.flaws(leader));
  const began = performance.now();
  await leader.close();
  await until('the other one leads', async () => (await world.report(heir))?.leads);
  await world.caughtUp(heir);
  const took = performance.now() - began;
  expectFlawless(await world.flaws(heir));
  await heir.close();
  return took;
};

/** Longer than it takes to depose a tab that hangs. */
const HANGS_MS = 6_000;
const SILENT_FOR_MS = 200;

/** As the cycle before, but the leading tab hangs instead; the other one checks whether it is connected. */
const deposed: Cycle = async ({ world }) => {
  const share = `share-${performance.now()}`;
  const leader = await world.chromium.open(world.address({ share }));
  await world.caughtUp(leader);
  const heir = await world.chromium.open(world.address({ share }));
  await world.caughtUp(heir);
  await leader.evaluate(`setTimeout(() => {
    const end = Date.now() + ${HANGS_MS};
    while (Date.now() < end);
  }, 0)`);
  await nothingComes(world, heir);
  const began = performance.now();
  await heir.evaluate(`window.dispatchEvent(new Event('online'))`);
  await until('the other one leads', async () => (await world.report(heir))?.leads, {
    state: () => heir.evaluate('window.lab?.diagnostics()'),
  });
  await world.caughtUp(heir);
  const took = performance.now() - began;
  await until('the old leader follows', async () => (await world.report(leader))?.leads === false);
  await world.caughtUp(leader);
  for (const each of [leader, heir]) expectFlawless(await world.flaws(each));
  await leader.close();
  await heir.close();
  return took;
};

async function nothingComes(world: LifecycleWorld, tab: Tab): Promise<void> {
  let last = { n: 0, at: performance.now() };
  await until('nothing comes any more', async () => {
    const n = (await world.report(tab))?.last ?? 0;
    if (n !== last.n) last = { n, at: performance.now() };
    return performance.now() - last.at > SILENT_FOR_MS;
  });
}

export function expectFlawless(flaws: object): void {
  if (Object.values(flaws).some((count) => count !== 0)) {
    throw new Error(
      `The page did not get every number once and in order: ${JSON.stringify(flaws)}`,
    );
  }
}

export const CYCLES = {
  frozen,
  offline,
  'back and forward': backAndForward,
  reload,
  duplicated,
  'handed over': handedOver,
  deposed,
} satisfies Record<string, Cycle>;
export type CycleName = keyof typeof CYCLES;
