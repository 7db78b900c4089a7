/**
 * A run that has ended is compacted: its text came in hundreds of deltas, and whoever joins later can have
 * it in a few events. Consecutive deltas with no other event between them get a compacted range; everything
 * else of the run stays as it is.
 */

import { decodeCursor, RUN_EVENTS } from '@session-monitor/protocol';
import type { CompactedRange, LogStore, RunRecord } from '../stores/store.js';

const READ_BYTES = 256 * 1024;
/** Longer text is spread over several compacted ranges: each travels in one frame. */
const MAX_TEXT_LENGTH = 8 * 1024;

/** What a delta may say besides its text; one that says more is kept as it is. */
const FIELDS: ReadonlySet<string> = new Set(['type', 'index', 'delta', 'run_id', 'thread_id']);

type Delta = { readonly delta: string; readonly run_id?: unknown };

/** Adds compacted ranges for the deltas of a run to its log. Does nothing if the log was erased. */
export async function compactRun(
  logs: Pick<LogStore, 'read' | 'compact'>,
  { run_id, log_id, cursor }: Pick<RunRecord, 'run_id' | 'log_id' | 'cursor'>,
): Promise<void> {
  const begin = decodeCursor(cursor);
  if (!begin) return;
  const finder = new RangeFinder(run_id);
  let after = begin.offset;
  for (let more = true; more && !finder.complete; ) {
    const { head, batches } = await logs.read(log_id, after, { maxBytes: READ_BYTES });
    if (head.epoch !== begin.epoch) return;
    for (const batch of batches) {
      for (let offset = Math.max(batch.first, after + 1); offset <= batch.last; offset += 1) {
        finder.add(offset, batch.text(offset, offset));
      }
    }
    const last = batches.at(-1)?.last ?? after;
    more = last > after;
    after = last;
  }
  const ranges = finder.ranges();
  if (ranges.length > 0) await logs.compact(log_id, begin.epoch, ranges);
}

interface OpenRange {
  readonly first: number;
  last: number;
  /** The first delta's data. */
  readonly data: Delta;
  readonly texts: string[];
  length: number;
}

/** Finds the ranges of one run's deltas among the events of a log. Pure. */
export class RangeFinder {
  /** The run's terminal part has been seen. */
  complete = false;
  readonly #run_id: string;
  readonly #found: OpenRange[] = [];
  #open: OpenRange | undefined;

  constructor(run_id: string) {
    this.#run_id = run_id;
  }

  /** @param text the next event as it was encoded */
  add(offset: number, text: string): void {
    const data = this.#deltaOf(text);
    if (!data) {
      // mutant: what-comes-between-is-compacted-away
      this.#open = undefined;
      this.complete ||= text.startsWith(TERMINAL) && text.includes(`"run_id":"${this.#run_id}"`);
      return;
    }
    const open = this.#open;
    if (open && open.length + data.delta.length <= MAX_TEXT_LENGTH) {
      open.last = offset;
      open.texts.push(data.delta);
      open.length += data.delta.length;
      return;
    }
    this.#open = {
      first: offset,
      last: offset,
      data,
      texts: [data.delta],
      length: data.delta.length,
    };
    this.#found.push(this.#open);
  }

  /** One for each range of more than one delta. */
  ranges(): readonly CompactedRange[] {
    return this.#found
      .filter(({ first, last }) => last > first)
      .map(({ first, last, data, texts }) => {
        const whole = { ...data, delta: texts.join('') };
        return { first, last, event: JSON.stringify([RUN_EVENTS.message, whole]) };
      });
  }

  #deltaOf(text: string): Delta | undefined {
    if (!text.startsWith(DELTA)) return undefined;
    const [, data] = JSON.parse(text) as [string, Delta | null];
    if (data?.run_id !== this.#run_id || typeof data.delta !== 'string') return undefined;
    return Object.keys(data).every((field) => FIELDS.has(field)) ? data : undefined;
  }
}

const DELTA = `["${RUN_EVENTS.message}",`;
const TERMINAL = `["${RUN_EVENTS.finished}",`;
