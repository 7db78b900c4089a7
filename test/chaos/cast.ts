/** Who takes part: threads, pages of every kind, publishers and askers, all behind doors of their own. */

import type { Random } from '../simulation/time/random.js';
import { TRANSPORT_CASES } from '../support/client.js';
import type { CrowdPlan, PagePlan } from './clients/messages.js';
import type { Target } from './network/door.js';
import type { Network } from './network/network.js';
import { Asker } from './publishers/asker.js';
import { Publisher } from './publishers/publisher.js';

export interface Size {
  readonly threads: number;
  /** Of each kind of page, on each thread. */
  readonly processes: number;
  readonly publishersPerThread: number;
  readonly publishEveryMs: number;
  readonly askEveryMs: number;
  readonly reloadEveryMs: number;
}

export const SMALL: Size = {
  threads: 3,
  processes: 2,
  publishersPerThread: 3,
  publishEveryMs: 60,
  askEveryMs: 1_500,
  reloadEveryMs: 5_000,
};
export const LARGE: Size = {
  threads: 6,
  processes: 3,
  publishersPerThread: 3,
  publishEveryMs: 120,
  askEveryMs: 4_000,
  reloadEveryMs: 20_000,
};

/** Clients must notice a silent link well before the run is over. */
const PING_INTERVAL_MS = 1_500;

export interface CastParts {
  readonly size: Size;
  readonly network: Network;
  readonly random: Random;
  /** A way to the server, and to the backend in its process; somebody's own. */
  readonly web: () => Target;
  readonly backend: () => Target;
  readonly historyFolder: string;
  readonly beganAt: number;
}

export interface Cast {
  readonly threads: readonly string[];
  readonly crowds: readonly CrowdPlan[];
  readonly publishers: readonly Publisher[];
  readonly askers: readonly Asker[];
}

export async function makeCast(parts: CastParts): Promise<Cast> {
  const { size, historyFolder: folder, beganAt } = parts;
  const threads = Array.from({ length: size.threads }, (_, index) => `thread-${index + 1}`);
  const pages = await makePages(parts, threads);
  const crowds = Array.from({ length: size.processes }, (_, process) => ({
    ...{ folder, beganAt, pingIntervalMs: PING_INTERVAL_MS },
    pages: pages.filter((_page, index) => index % size.processes === process),
  }));
  const publishers: Publisher[] = [];
  const askers: Asker[] = [];
  for (const thread_id of threads) {
    publishers.push(...(await makePublishers(parts, thread_id)));
    askers.push(await makeAsker(parts, thread_id));
  }
  return { threads, crowds, publishers, askers };
}

type Kind = Pick<PagePlan, 'reloads' | 'keepsSession'> & { readonly slow?: boolean };

/** On every thread one page of each kind; the transports go round, so that every kind meets each. */
const KINDS: Readonly<Record<string, Kind>> = {
  steady: { reloads: 'never', keepsSession: true },
  checkpointing: { reloads: 'from_checkpoint', keepsSession: true },
  restarting: { reloads: 'from_start', keepsSession: false },
  slow: { reloads: 'never', keepsSession: true, slow: true },
};

async function makePages(parts: CastParts, threads: readonly string[]): Promise<PagePlan[]> {
  const { size, network, random, web } = parts;
  const pages: PagePlan[] = [];
  const add = async (
    name: string,
    followed: readonly string[],
    { slow = false, ...kind }: Kind,
  ) => {
    const transport = TRANSPORT_CASES[pages.length % TRANSPORT_CASES.length] ?? 'upgrade';
    pages.push({
      name: `${name}-${transport}`,
      url: await network.door(web(), { slow }),
      transport,
      threads: followed,
      reloadEveryMs: size.reloadEveryMs,
      seed: random.int(0, 2 ** 31),
      ...kind,
    });
  };
  const steady = { reloads: 'never', keepsSession: true } as const;
  for (const [index, thread_id] of threads.entries()) {
    for (const [kind, how] of Object.entries(KINDS))
      await add(`${kind}-${index + 1}`, [thread_id], how);
  }
  // Several threads over one socket.
  const [first = '', second = ''] = threads;
  for (const _ of TRANSPORT_CASES) await add('shared', [first, second], steady);
  return pages;
}

async function makePublishers(parts: CastParts, thread_id: string): Promise<Publisher[]> {
  const { size, network, random, backend } = parts;
  const made: Publisher[] = [];
  for (let index = 1; index <= size.publishersPerThread; index += 1) {
    const name = `${thread_id}.publisher-${index}`;
    const url = await network.door(backend());
    const plan = { name, url, thread_id, everyMs: size.publishEveryMs };
    made.push(new Publisher(plan, random.fork(name)));
  }
  return made;
}

async function makeAsker(parts: CastParts, thread_id: string): Promise<Asker> {
  const { size, network, random, web } = parts;
  const name = `${thread_id}.asker`;
  const plan = { name, url: await network.door(web()), thread_id, everyMs: size.askEveryMs };
  return new Asker(plan, random.fork(name));
}
