/** Executes the server's faults, one after another. */

import type { Random } from '../../simulation/time/random.js';
import type { Exit } from '../../support/child.js';
import { pause } from '../../support/until.js';
import type { Violation } from '../checker/evidence.js';
import type { HostCounts } from '../host.js';
import type { ServerFault } from '../plan/faults.js';
import type { Disk } from './disk.js';
import type { Served } from './served.js';

/** Batches move to their logs all the time, in small steps: kills hit that, too. */
const RESTLESS = { roundBytes: 16_384, roundBatches: 50, stepBytes: 2_048, stepBatches: 8 };
/** How long a server may continue on a full disk: its file has free pages. */
const FULL_MS = 8_000;
const FAILED = 'A write to the store failed and is not retried';

export interface NemesisDeps {
  readonly served: Served;
  readonly disk: Disk;
  readonly random: Random;
  /** Publishers that are waiting for an answer. */
  readonly writing: () => number;
  readonly onViolation: (violation: Violation) => void;
}

export class Nemesis {
  readonly #deps: NemesisDeps;
  #shiftMs = 0;
  readonly counts = {
    faults: { kill: 0, stop: 0, drain: 0, disk_full: 0, eio: 0, slow_disk: 0, clock: 0 },
    killsMidWrite: 0,
    fullUnnoticed: 0,
  } satisfies HostCounts;

  constructor(deps: NemesisDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    const pace = this.#deps.random.chance(0.5) ? RESTLESS : undefined;
    await this.#deps.served.start({ shiftMs: this.#shiftMs, pace });
  }

  /** Resolves when the server serves again. */
  async perform(fault: ServerFault): Promise<void> {
    this.counts.faults[fault.kind] += 1;
    switch (fault.kind) {
      case 'kill':
        return this.#kill();
      case 'drain':
        return this.#drain();
      case 'disk_full':
        return this.#fill();
      case 'eio':
        return this.#failFlush();
      case 'stop':
        this.#deps.served.signal('SIGSTOP');
        await pause(fault.ms);
        this.#deps.served.signal('SIGCONT');
        return;
      case 'slow_disk':
        this.#disk({ delayMs: this.#deps.random.int(5, 150) });
        await pause(fault.ms);
        this.#disk({});
        return;
      case 'clock':
        this.#shiftMs = fault.shiftMs;
        this.#deps.served.order({ type: 'clock', shiftMs: fault.shiftMs });
        return;
    }
  }

  /** Stops the server gracefully. */
  async finish(): Promise<void> {
    this.#expect(await this.#deps.served.end('SIGTERM'), { code: 0, signal: null });
  }

  async #kill(): Promise<void> {
    const { random, served, writing } = this.#deps;
    // Half of them between a write and its confirmation.
    if (random.chance(0.5)) {
      this.#disk({ delayMs: 60 });
      await pause(random.between(50, 150));
    }
    if (writing() > 0) this.counts.killsMidWrite += 1;
    await served.end('SIGKILL');
    await this.start();
  }

  async #drain(): Promise<void> {
    this.#expect(await this.#deps.served.end('SIGTERM'), { code: 0, signal: null });
    await this.start();
  }

  async #fill(): Promise<void> {
    const { disk, served } = this.#deps;
    if (disk.kind === 'folder') return this.#fail('before', 'ENOSPC');
    disk.fill();
    const exit = await served.endsWithin(FULL_MS);
    disk.free();
    if (exit) return this.#afterFailure(exit);
    this.counts.fullUnnoticed += 1;
  }

  async #failFlush(): Promise<void> {
    return this.#fail(this.#deps.random.chance(0.5) ? 'before' : 'after', 'EIO');
  }

  async #fail(fails: 'before' | 'after', code: string): Promise<void> {
    this.#disk({ fails, code });
    await this.#afterFailure(await this.#deps.served.end());
  }

  /** A server that cannot write stops by itself, and logs why. */
  async #afterFailure(exit: Exit): Promise<void> {
    this.#expect(exit, { code: 1, signal: null }, FAILED);
    await this.start();
  }

  #disk(state: { delayMs?: number; fails?: 'before' | 'after'; code?: string }): void {
    const order = { delayMs: 0, fails: null, code: '', ...state };
    this.#deps.served.order({ type: 'disk', ...order });
  }

  #expect(exit: Exit, wanted: Exit, says = ''): void {
    const { served, onViolation } = this.#deps;
    const as = exit.code === wanted.code && exit.signal === wanted.signal;
    if (as && served.said.includes(says)) return;
    const what = `it ended with ${JSON.stringify(exit)}, not ${JSON.stringify(wanted)} ${says}`;
    onViolation({ kind: 'server', what: `${what}: ${served.said}` });
  }
}
