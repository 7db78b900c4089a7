/**
 * Takes the steps of this process that the trace keeps, and hands them to the store as lines. What strangers cause has a
 * share of the room, so that it does not push out the lines of sessions; so has what is watched in detail.
 */

import type { Clock } from '../../util/clock.js';
import { TokenBucket } from '../../util/token-bucket.js';
import type { TraceKeeper } from '../trace.js';
import { DETAIL_STEPS, STRANGERS_STEPS, type TraceFields, type TraceStep } from '../trace-steps.js';
import type { Detail, Watchable } from './detail.js';
import type { LineWriter } from './line.js';
import type { TraceStore } from './trace-store.js';

/** Of what is kept, strangers' lines take so much over the time for which it is kept, and so much at once. */
const STRANGERS_SHARE = 1 / 4;
const STRANGERS_AT_ONCE = 1 / 16;
/** A line of a stranger, in bytes. */
const STRANGERS_LINE_BYTES = 200;

export interface RecorderDeps {
  readonly store: TraceStore;
  readonly writer: LineWriter;
  readonly detail: Detail;
  readonly clock: Pick<Clock, 'now' | 'wall'>;
  /** How long lines are kept, in milliseconds. */
  readonly maxAgeMs: number;
  /** Whether a connection follows something, or did. */
  readonly hasFollowed: (connection: string) => boolean;
  /** A stranger's line is left out. */
  readonly onSuppressed: () => void;
}

export class Recorder implements TraceKeeper {
  readonly #deps: RecorderDeps;
  readonly #strangers: TokenBucket;

  constructor(deps: RecorderDeps) {
    const { store, clock, maxAgeMs } = deps;
    this.#deps = deps;
    const perSecond = (store.maxBytes * STRANGERS_SHARE) / (maxAgeMs / 1_000);
    const burstS = (store.maxBytes * STRANGERS_AT_ONCE) / perSecond;
    this.#strangers = new TokenBucket({ perSecond, burstS }, clock.now());
  }

  wants(step: TraceStep, fields: TraceFields): boolean {
    const { store, detail } = this.#deps;
    if (store.kept === 'nowhere') return false;
    return !DETAIL_STEPS.has(step) || (detail.isOn && detail.covers(fields as Watchable));
  }

  keep(step: TraceStep, fields: TraceFields): void {
    const { store, writer, clock, detail, onSuppressed } = this.#deps;
    const { connection } = fields;
    const isFirst = typeof connection === 'string' && !this.#deps.hasFollowed(connection);
    // The line of its connection is not a stranger's after all.
    if (step === 'register' && isFirst) this.#strangers.giveBack(STRANGERS_LINE_BYTES);
    else if (STRANGERS_STEPS.has(step) && (connection === undefined || isFirst)) {
      if (this.#strangers.take(clock.now(), STRANGERS_LINE_BYTES) > 0) {
        onSuppressed();
        return;
      }
    }
    const line = writer.write(clock.wall(), step, fields);
    store.append(line);
    if (DETAIL_STEPS.has(step)) detail.spend(line.length);
  }
}
