/** The workload: threads, pages of every kind, event and message publishers, each behind its own proxy. */

import type { Random } from '../simulation/time/random.js';
import { TRANSPORT_CASES } from '../support/client.js';
import type { Target } from '../support/fault-proxy.js';
import type { ClientPoolPlan, PagePlan } from './clients/messages.js';
import type { ChaosNetwork } from './network/network.js';
import { EventPublisher } from './publishers/event-publisher.js';
import { MessagePublisher } from './publishers/message-publisher.js';

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

/** Clients must notice a half-open connection well before the run is over. */
const PING_INTERVAL_MS = 1_500;

export interface WorkloadDeps {
  readonly size: Size;
  readonly network: ChaosNetwork;
  readonly random: Random;
  /** A new route to the server, and to the backend in its process; each caller gets its own. */
  readonly web: () => Target;
  readonly backend: () => Target;
  readonly historyFolder: string;
  readonly beganAt: number;
}

export interface Workload {
  readonly threads: readonly string[];
  readonly pools: readonly ClientPoolPlan[];
  readonly publishers: readonly EventPublisher[];
  readonly messagePublishers: readonly MessagePublisher[];
}

export async function makeWorkload(deps: WorkloadDeps): Promise<Workload> {
  const { size, historyFolder: folder, beganAt } = deps;
  const threads = Array.from({ length: size.threads }, (_, index) => `thread-${index + 1}`);
  const pages = await makePages(deps, threads);
  const pools = Array.from({ length: size.processes }, (_, process) => ({
    folder,
    beganAt,
    pingIntervalMs: PING_INTERVAL_MS,
    pages: pages.filter((_page, index) => index % size.processes === process),
  }));
  const publishers: EventPublisher[] = [];
  const messagePublishers: MessagePublisher[] = [];
  for (const thread_id of threads) {
    publishers.push(...(await makePublishers(deps, thread_id)));
    messagePublishers.push(await makeMessagePublisher(deps, thread_id));
  }
  return { threads, pools, publishers, messagePublishers };
}

type Kind = Pick<PagePlan, 'reloads' | 'keepsSession'> & { readonly slow?: boolean };

/** One page of each kind on every thread; the transports rotate, so that every kind meets each. */
const KINDS: Readonly<Record<string, Kind>> = {
  steady: { reloads: 'never', keepsSession: true },
  checkpointing: { reloads: 'from_checkpoint', keepsSession: true },
  restarting: { reloads: 'from_start', keepsSession: false },
  slow: { reloads: 'never', keepsSession: true, slow: true },
};

async function makePages(deps: WorkloadDeps, threads: readonly string[]): Promise<PagePlan[]> {
  const { size, network, random, web } = deps;
  const pages: PagePlan[] = [];
  const add = async (
    name: string,
    followed: readonly string[],
    { slow = false, ...kind }: Kind,
  ) => {
    const transport = TRANSPORT_CASES[pages.length % TRANSPORT_CASES.length] ?? 'upgrade';
    pages.push({
      name: `${name}-${transport}`,
      url: await network.proxy(web(), { slow }),
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

async function makePublishers(deps: WorkloadDeps, thread_id: string): Promise<EventPublisher[]> {
  const { size, network, random, backend } = deps;
  const made: EventPublisher[] = [];
  for (let index = 1; index <= size.publishersPerThread; index += 1) {
    const name = `${thread_id}.publisher-${index}`;
    const url = await network.proxy(backend());
    const plan = { name, url, thread_id, everyMs: size.publishEveryMs };
    made.push(new EventPublisher(plan, random.fork(name)));
  }
  return made;
}

async function makeMessagePublisher(
  deps: WorkloadDeps,
  thread_id: string,
): Promise<MessagePublisher> {
  const { size, network, random, web } = deps;
  const name = `${thread_id}.messages`;
  const plan = { name, url: await network.proxy(web()), thread_id, everyMs: size.askEveryMs };
  return new MessagePublisher(plan, random.fork(name));
}
