/** Faults that last for a while, and their end. */

import type { SimWorld } from '../world.js';

export class Faults {
  readonly #world: SimWorld;
  readonly #normalLatencyMs: number;
  readonly #normalFlushMs: number;

  constructor(world: SimWorld) {
    this.#world = world;
    this.#normalLatencyMs = world.latency.maxMs;
    this.#normalFlushMs = world.disk.pace.flushMs;
  }

  slow(maxMs: number, ms: number): void {
    const { latency, scheduler } = this.#world;
    latency.maxMs = Math.max(latency.maxMs, maxMs);
    scheduler.after(ms, () => {
      latency.maxMs = this.#normalLatencyMs;
    });
  }

  authorize(mode: 'outage' | 'slow' | 'expired', ms: number): void {
    if (mode === 'expired') {
      this.#world.tokensFrom = this.#world.scheduler.now;
      return;
    }
    this.#world.authorizing = mode;
    this.#world.scheduler.after(ms, () => {
      this.#world.authorizing = 'as usual';
    });
  }

  disk(flushMs: number, ms: number): void {
    const { disk, scheduler } = this.#world;
    disk.pace.flushMs = Math.max(disk.pace.flushMs, flushMs);
    scheduler.after(ms, () => {
      disk.pace.flushMs = this.#normalFlushMs;
    });
  }

  reads({ slowMs, failing }: { slowMs: number; failing: number }, ms: number): void {
    Object.assign(this.#world.reads, { slowMs, failing });
    this.#world.scheduler.after(ms, () => this.endReads());
  }

  endReads(): void {
    Object.assign(this.#world.reads, { slowMs: 0, failing: 0 });
  }

  redisSlow(maxMs: number, ms: number): void {
    const { redis, scheduler } = this.#world;
    if (!redis) return;
    const { latency } = redis.sim;
    const normal = latency.maxMs;
    latency.maxMs = Math.max(latency.maxMs, maxMs);
    scheduler.after(ms, () => {
      latency.maxMs = Math.min(normal, latency.maxMs);
    });
  }

  /** Ends all faults. A broken connection stays broken until one of its ends notices. */
  end(): void {
    const world = this.#world;
    world.latency.maxMs = this.#normalLatencyMs;
    world.disk.pace.flushMs = this.#normalFlushMs;
    world.disk.calm();
    world.redis?.sim.calm();
    world.thawNodes();
    world.authorizing = 'as usual';
    this.endReads();
    for (const { page, access } of world.clients.tabs) {
      access.offlineUntil = 0;
      access.upgrade = { takesMs: 20, completes: true };
      access.trap = null;
      access.keptDead = 0;
      page.interruption = null;
      page.wire?.endStalls();
      if (!page.life.frozen) continue;
      page.life.thaw();
      page.wake();
    }
  }
}
