/**
 * Bounds the lines that strangers can cause at will: how much is logged is not theirs to choose. An address has some lines a
 * second; the rest is counted, and one line for each step says how many there were.
 */

import type { Cancel, Clock } from '../util/clock.js';
import { KeyedRate } from '../util/keyed-rate.js';
import type { LimitHits } from './limit-hits.js';
import type { Trace } from './trace.js';
import type { TraceFields, TraceStep } from './trace-steps.js';

/** The steps that need no right. */
const BOUNDED = ['connect', 'disconnect', 'register_refused', 'access_refused'] as const;
type BoundedStep = (typeof BOUNDED)[number];

const isBounded = (step: TraceStep): step is BoundedStep =>
  (BOUNDED as readonly TraceStep[]).includes(step);

/** Clients come back together after a restart: so many seconds' worth may come at once. */
const BURST_S = 10;
/** So many addresses at their limit fill the log no faster than one. */
const ALL_ADDRESSES = 20;
const SUMMARY_EVERY_MS = 10_000;

interface Suppressed {
  readonly step: BoundedStep;
  readonly address: string | undefined;
  count: number;
}

export interface BoundedTraceDeps {
  readonly trace: Trace;
  readonly hits: LimitHits;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  /** Lines of one address, each second on average. */
  readonly perSecond: number;
  readonly isExempt: (address: string) => boolean;
}

export class BoundedTrace {
  readonly #deps: BoundedTraceDeps;
  readonly #lines: KeyedRate;
  readonly #all: KeyedRate;
  readonly #suppressed = new Map<string, Suppressed>();
  #summary: Cancel | undefined;

  constructor(deps: BoundedTraceDeps) {
    const { perSecond, clock } = deps;
    this.#deps = deps;
    this.#lines = new KeyedRate({ perSecond, burstS: BURST_S, clock });
    const all = perSecond * ALL_ADDRESSES;
    this.#all = new KeyedRate({ perSecond: all, burstS: BURST_S, clock });
  }

  readonly write: Trace = (step, fields) => {
    const { trace, hits, isExempt } = this.#deps;
    const { address } = fields as TraceFields;
    if (!isBounded(step) || typeof address !== 'string' || isExempt(address)) {
      trace(step, fields);
      return;
    }
    const isOver = this.#lines.take(address) > 0;
    if (!isOver && this.#all.take('') === 0) {
      trace(step, fields);
      return;
    }
    hits.add('linesPerSecond', { address });
    this.#suppress(step, isOver ? address : undefined);
  };

  /** Writes what is only counted so far. */
  stop(): void {
    this.#summary?.();
    this.#summarise();
  }

  #suppress(step: BoundedStep, address: string | undefined): void {
    const key = `${step} ${address}`;
    const known = this.#suppressed.get(key);
    if (known) known.count += 1;
    else this.#suppressed.set(key, { step, address, count: 1 });
    this.#summary ??= this.#deps.clock.after(SUMMARY_EVERY_MS, () => this.#summarise());
  }

  #summarise(): void {
    this.#summary = undefined;
    for (const { step, address, count } of this.#suppressed.values()) {
      this.#deps.trace(step, { ...(address && { address }), suppressed: count });
    }
    this.#suppressed.clear();
  }
}
