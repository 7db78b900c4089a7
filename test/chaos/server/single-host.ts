/** One server on its own disk, and its faults: one after another. */

import { join } from 'node:path';
import { openLmdbStore } from '@session-monitor/server/lmdb';
import type { Random } from '../../simulation/time/random.js';
import type { Exit } from '../../support/child.js';
import { type Disk, openDisk } from '../../support/disk.js';
import { freePort } from '../../support/free-port.js';
import { pause } from '../../support/until.js';
import { type Host, type HostCounts, type HostDeps, SERVER_ENV } from '../host.js';
import type { ServerFault, ServerFaultKind } from '../plan/faults.js';
import { Served } from './served.js';

const DISK_MB = { short: 96, long: 768 };
/** Batches move to their logs all the time, in small steps: kills hit that, too. */
const RESTLESS = { roundBytes: 16_384, roundBatches: 50, stepBytes: 2_048, stepBatches: 8 };
/** How long the disk stays full. */
const FULL_MS = 3_000;
const FAILED = 'A write to the store failed and is not retried';

interface Parts {
  readonly deps: HostDeps;
  readonly random: Random;
  readonly disk: Disk;
  readonly served: Served;
  readonly ports: { readonly port: number; readonly backendPort: number };
}

export class SingleHost implements Host<ServerFaultKind> {
  readonly #parts: Parts;
  #shiftMs = 0;
  readonly counts = {
    faults: { kill: 0, stop: 0, drain: 0, disk_full: 0, eio: 0, slow_disk: 0, clock: 0 },
    killsMidWrite: 0,
  } satisfies HostCounts;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  static async open(deps: HostDeps, random: Random): Promise<SingleHost> {
    const { folder, long, onViolation } = deps;
    const disk = await openDisk(folder, long ? DISK_MB.long : DISK_MB.short);
    const ports = { port: await freePort(), backendPort: await freePort() };
    const served = new Served({
      ...ports,
      logFile: join(folder, 'server.log'),
      env: { ...SERVER_ENV, DATA_DIR: disk.path },
    });
    served.onAccident = (exit) => {
      const what = `it ended by itself: ${JSON.stringify(exit)}: ${served.said}`;
      onViolation({ kind: 'server', what });
    };
    return new SingleHost({ deps, random, disk, served, ports });
  }

  get disk(): string {
    return this.#parts.disk.kind;
  }

  get startTimes(): readonly number[] {
    return this.#parts.served.startTimes;
  }

  readonly web = () => () => this.#parts.ports.port;
  readonly backend = () => () => this.#parts.ports.backendPort;

  async start(): Promise<void> {
    const { random, served } = this.#parts;
    const pace = random.chance(0.5) ? RESTLESS : undefined;
    await served.start({ shiftMs: this.#shiftMs, pace });
  }

  async perform(fault: ServerFault): Promise<void> {
    const { random, served } = this.#parts;
    this.counts.faults[fault.kind] += 1;
    switch (fault.kind) {
      case 'kill':
        return this.#kill();
      case 'drain':
        await this.finish();
        return this.start();
      case 'disk_full':
        return this.#fill();
      case 'eio':
        return this.#fail(random.chance(0.5) ? 'before' : 'after', 'EIO');
      case 'stop':
        served.signal('SIGSTOP');
        await pause(fault.ms);
        served.signal('SIGCONT');
        return;
      case 'slow_disk':
        this.#orderDisk({ delayMs: random.int(5, 150) });
        await pause(fault.ms);
        this.#orderDisk({});
        return;
      case 'clock':
        this.#shiftMs = fault.shiftMs;
        served.order({ type: 'clock', shiftMs: fault.shiftMs });
        return;
    }
  }

  async finish(): Promise<void> {
    this.#expect(await this.#parts.served.end('SIGTERM'), { code: 0, signal: null });
  }

  openStore() {
    return openLmdbStore({ path: this.#parts.disk.path });
  }

  async close(): Promise<void> {
    this.#parts.served.close();
    await this.#parts.disk.close();
  }

  async #kill(): Promise<void> {
    const { deps, random, served } = this.#parts;
    // Half of them between a write and its confirmation.
    if (random.chance(0.5)) {
      this.#orderDisk({ delayMs: 60 });
      await pause(random.between(50, 150));
    }
    if (deps.writing() > 0) this.counts.killsMidWrite += 1;
    await served.end('SIGKILL');
    await this.start();
  }

  async #fill(): Promise<void> {
    const { deps, disk, served } = this.#parts;
    if (disk.kind === 'folder') return this.#fail('before', 'ENOSPC');
    // The server refuses what would grow its store, and goes on.
    disk.fill();
    const exit = await served.endsWithin(FULL_MS);
    disk.free();
    if (!exit) return;
    const { onViolation } = deps;
    onViolation({ kind: 'server', what: `it ended on a full disk: ${JSON.stringify(exit)}` });
    return this.start();
  }

  async #fail(fails: 'before' | 'after', code: string): Promise<void> {
    this.#orderDisk({ fails, code });
    await this.#afterFailure(await this.#parts.served.end());
  }

  /** A server that cannot write stops by itself, and logs why. */
  async #afterFailure(exit: Exit): Promise<void> {
    this.#expect(exit, { code: 1, signal: null }, FAILED);
    await this.start();
  }

  #orderDisk(state: { delayMs?: number; fails?: 'before' | 'after'; code?: string }): void {
    this.#parts.served.order({ type: 'disk', delayMs: 0, fails: null, code: '', ...state });
  }

  #expect(exit: Exit, wanted: Exit, says = ''): void {
    const { deps, served } = this.#parts;
    const as = exit.code === wanted.code && exit.signal === wanted.signal;
    if (as && served.said.includes(says)) return;
    const what = `it ended with ${JSON.stringify(exit)}, not ${JSON.stringify(wanted)} ${says}`;
    deps.onViolation({ kind: 'server', what: `${what}: ${served.said}` });
  }
}
