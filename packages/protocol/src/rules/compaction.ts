/** Which deltas of a run become one event when it has ended. Pure. */

import { RUN_EVENTS } from '../names.js';

/** Longer text becomes several compacted ranges: each travels in one frame. */
const MAX_TEXT_LENGTH = 8 * 1024;

/** What a delta may say besides its text; one that says more is kept as it is. */
const FIELDS: ReadonlySet<string> = new Set(['type', 'index', 'delta', 'run_id', 'thread_id']);

type Delta = { readonly delta: string; readonly run_id?: unknown };

interface OpenRange {
  readonly first: number;
  last: number;
  /** The first delta's data. */
  readonly data: Delta;
  readonly texts: string[];
  length: number;
}

/** Consecutive deltas of one run, with no other event between them. */
export interface DeltaRange {
  /** Offsets, both included. */
  readonly first: number;
  readonly last: number;
  /** The first delta's data, with the text of all. */
  readonly data: Delta;
}

/** Finds the ranges of one run's deltas among the events of a log. */
export class RangeFinder {
  /** The run's terminal part has been seen. */
  complete = false;
  readonly #run_id: string;
  readonly #found: OpenRange[] = [];
  #open: OpenRange | undefined;

  constructor(run_id: string) {
    this.#run_id = run_id;
  }

  /** @param text the next event as it is encoded: `["name",data]` */
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
  ranges(): readonly DeltaRange[] {
    return this.#found
      .filter(({ first, last }) => last > first)
      .map(({ first, last, data, texts }) => {
        return { first, last, data: { ...data, delta: texts.join('') } };
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
