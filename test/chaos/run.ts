/** One run: starts servers and clients, executes the plan, waits for calm, and checks the evidence. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Say } from '../harness/program.js';
import { Random } from '../simulation/time/random.js';
import { pause } from '../support/until.js';
import { checkHistory } from './checker/check-history.js';
import { checkPublications, checkRuns } from './checker/check-log.js';
import type { Violation } from './checker/evidence.js';
import { readFinal, readHistory } from './checker/read-final.js';
import { ClientPool } from './clients/client-pool.js';
import { ClusterHost } from './cluster/cluster-host.js';
import type { Host } from './host.js';
import { ChaosNetwork } from './network/network.js';
import type { Plan } from './plan/faults.js';
import { makePlan, REDIS_BAG, REPLICATED_BAG, SERVER_BAG } from './plan/plan.js';
import type { EventPublisher } from './publishers/event-publisher.js';
import { type Report, summarise } from './report/report.js';
import { SingleHost } from './server/single-host.js';
import { LARGE, makeWorkload, SMALL, type Workload } from './workload.js';

const LONG_FROM_MS = 120_000;
/** Once the faults have ended, every client must be at the end of the log within this time. */
const CONVERGE_MS = 30_000;
/** After this long without a new event no reply is being produced any more. */
const QUIET_MS = 1_000;
const LOOK_EVERY_MS = 100;
/** A server serves for this long between two faults: one that is always down has nothing to lose. */
const MIN_UP_MS = { short: 1_500, long: 4_000 };

export interface RunOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly store: 'lmdb' | 'redis' | 'redis-replicated';
  /** The folder for everything that explains a violation. */
  readonly folder: string;
  readonly say: Say;
}

interface Opened {
  readonly host: Host;
  readonly plan: Plan<string>;
}

export async function runChaos(options: RunOptions): Promise<Report> {
  const run = new ChaosRun(options);
  try {
    return await run.carryOut();
  } finally {
    await run.close();
  }
}

class ChaosRun {
  readonly #options: RunOptions;
  readonly #violations: Violation[] = [];
  readonly #cleanups: (() => unknown)[] = [];
  /** When the faults began. */
  #beganAt = performance.now();
  #over = false;

  constructor(options: RunOptions) {
    this.#options = options;
  }

  async carryOut(): Promise<Report> {
    const { seed, durationMs, folder, store, say } = this.#options;
    const long = durationMs > LONG_FROM_MS;
    const random = new Random(seed);
    const publishers: EventPublisher[] = [];
    const { host, plan } = await this.#open(random.fork('nemesis'), long, publishers);
    this.#cleanups.push(() => host.close());
    const historyFolder = join(folder, 'histories');
    mkdirSync(historyFolder, { recursive: true });

    const network = new ChaosNetwork(random.fork('hits'));
    this.#cleanups.push(() => network.close());
    const workload = await makeWorkload({
      network,
      web: host.web,
      backend: host.backend,
      historyFolder,
      size: long && store === 'lmdb' ? LARGE : SMALL,
      random: random.fork('workload'),
      beganAt: Date.now(),
    });
    publishers.push(...workload.publishers);
    await host.start();
    const pool = new ClientPool(workload.pools);
    this.#cleanups.push(() => pool.close());
    pool.onAccident = (what) => this.#violations.push({ kind: 'stuck', what });
    const working = [...workload.publishers, ...workload.messagePublishers].map((each) =>
      each.run(),
    );
    const progress = setInterval(() => say(this.#progress(workload, pool, network, host)), 5_000);
    this.#cleanups.push(() => clearInterval(progress));

    this.#beganAt = performance.now();
    await this.#misfortunes(plan, network, host, pool);
    network.calm();
    pool.calm();
    for (const each of [...workload.publishers, ...workload.messagePublishers]) each.stop();
    say('calm: the faults have ended');
    const calmAt = performance.now();
    await Promise.all(working);
    const settled = await this.#converge(workload, pool);
    const convergeMs = performance.now() - calmAt;
    clearInterval(progress);
    await pool.end();
    // A host that did not settle has reported that already.
    await host.finish().catch((error: unknown) => {
      if (settled) throw error;
    });

    const final = await this.#check(workload, host, historyFolder);
    return summarise({
      seed,
      durationMs,
      folder,
      workload,
      pool,
      network,
      host,
      convergeMs,
      ...final,
      violations: this.#violations,
    });
  }

  async close(): Promise<void> {
    this.#over = true;
    for (const cleanup of this.#cleanups.reverse()) await cleanup();
  }

  /** Opens the server side and its faults. */
  async #open(
    random: Random,
    long: boolean,
    publishers: readonly EventPublisher[],
  ): Promise<Opened> {
    const { seed, durationMs, folder, store } = this.#options;
    const parts = {
      folder,
      long,
      writing: () => publishers.filter(({ waiting }) => waiting).length,
      onViolation: (violation: Violation) => this.#violations.push(violation),
    };
    if (store === 'lmdb') {
      const plan = makePlan(seed, durationMs, SERVER_BAG);
      return { plan, host: await SingleHost.open(parts, random) };
    }
    const replicated = store === 'redis-replicated';
    const plan = makePlan(seed, durationMs, replicated ? REPLICATED_BAG : REDIS_BAG, true);
    return { plan, host: await ClusterHost.open(parts, random, replicated) };
  }

  /** Runs three sequences of faults, side by side. */
  async #misfortunes(
    plan: Plan<string>,
    network: ChaosNetwork,
    host: Host,
    pool: ClientPool,
  ): Promise<void> {
    const { store } = this.#options;
    const long = plan.durationMs > LONG_FROM_MS;
    await Promise.all([
      this.#strand(plan.network, (fault) => network.perform(fault)),
      this.#strand(plan.server, async (fault) => {
        // On a slow machine the faults come late, but all of them come.
        await pause(long && store === 'lmdb' ? MIN_UP_MS.long : MIN_UP_MS.short);
        await host.perform(fault);
      }),
      this.#strand(plan.clients, async ({ kind, which, ms, shiftMs }) => {
        if (kind === 'clock') return pool.shiftClock(which, shiftMs);
        pool.freeze(which, true);
        await pause(ms);
        pool.freeze(which, false);
      }),
    ]);
  }

  async #strand<T extends { readonly at: number }>(
    faults: readonly T[],
    perform: (fault: T) => void | Promise<void>,
  ): Promise<void> {
    for (const fault of faults) {
      await pause(Math.max(0, fault.at - this.#elapsed));
      if (this.#over) return;
      await perform(fault);
    }
  }

  /** Resolves with whether every client is live, and at the same end of each log. */
  async #converge({ threads, publishers, pools }: Workload, pool: ClientPool): Promise<boolean> {
    const deadline = performance.now() + CONVERGE_MS;
    const goals = new Map(
      threads.map((thread_id) => {
        const own = publishers.flatMap((each) => each.publications);
        const offsets = own.filter((each) => each.thread_id === thread_id);
        return [thread_id, offsets.reduce((max, { offset }) => Math.max(max, offset ?? 0), 0)];
      }),
    );
    const expected = pools.flatMap(({ pages }) => pages.flatMap((page) => page.threads)).length;
    let quietSince = performance.now();
    let before = '';
    while (performance.now() < deadline) {
      await pause(LOOK_EVERY_MS);
      const now = JSON.stringify(pool.places);
      if (now !== before) quietSince = performance.now();
      before = now;
      if (performance.now() - quietSince < QUIET_MS) continue;
      const behind = this.#behind(pool, goals);
      if (behind.length === 0 && pool.places.length === expected) return true;
    }
    for (const { client, thread_id, state, offset } of this.#behind(pool, goals)) {
      const what = `it is ${state} at ${offset} of ${goals.get(thread_id)}, ${CONVERGE_MS} ms after the faults`;
      this.#violations.push({ kind: 'stuck', client, thread_id, what });
    }
    return false;
  }

  #behind(pool: ClientPool, goals: ReadonlyMap<string, number>) {
    const furthest = new Map<string, number>(goals);
    for (const { thread_id, offset } of pool.places) {
      furthest.set(thread_id, Math.max(offset, furthest.get(thread_id) ?? 0));
    }
    return pool.places.filter(
      ({ thread_id, state, offset }) => state !== 'live' || offset < (furthest.get(thread_id) ?? 0),
    );
  }

  async #check(workload: Workload, host: Host, historyFolder: string) {
    const { logs, openRuns } = await readFinal(await host.openStore(), workload.threads);
    let runs = 0;
    const runEnds: Record<string, number> = {};
    for (const [thread_id, log] of logs) {
      const publications = workload.publishers
        .flatMap((each) => each.publications)
        .filter((each) => each.thread_id === thread_id);
      const found = checkRuns(thread_id, log);
      this.#violations.push(
        ...checkPublications(thread_id, publications, log),
        ...found.violations,
      );
      runs += found.runs;
      for (const [status, count] of Object.entries(found.finished)) {
        runEnds[status] = (runEnds[status] ?? 0) + count;
      }
    }
    for (const { pages } of workload.pools) {
      for (const { name, threads } of pages) {
        for (const thread_id of threads) {
          const history = readHistory(historyFolder, name, thread_id);
          this.#violations.push(...checkHistory(history, logs.get(thread_id) ?? []));
        }
      }
    }
    this.#checkActors(workload, openRuns);
    const events = [...logs.values()].reduce((sum, log) => sum + log.length, 0);
    return { runs, runEnds, events };
  }

  #checkActors(workload: Workload, openRuns: number): void {
    if (openRuns > 0) this.#violations.push({ kind: 'run', what: `${openRuns} runs are open` });
    for (const { violations } of workload.messagePublishers) {
      for (const what of violations) this.#violations.push({ kind: 'run', what });
    }
    for (const { refusal } of workload.publishers) {
      if (refusal) this.#violations.push({ kind: 'server', what: refusal });
    }
  }

  get #elapsed(): number {
    return performance.now() - this.#beganAt;
  }

  #progress(workload: Workload, pool: ClientPool, network: ChaosNetwork, { counts }: Host): string {
    const published = workload.publishers.reduce((sum, each) => sum + each.publications.length, 0);
    const live = pool.places.filter(({ state }) => state === 'live').length;
    const { cut, reset } = network.counts.faults;
    return [
      `${Math.round(this.#elapsed / 1_000)} s`,
      `cuts ${cut + reset}`,
      `faults ${Object.values(counts.faults).reduce((sum, count) => sum + count, 0)}`,
      `published ${published}`,
      `applied ${pool.counts.applied}`,
      `live ${live}/${pool.places.length}`,
      `violations ${this.#violations.length}`,
    ].join('   ');
  }
}
