/**
 * The events that a compacted event may represent: consecutive deltas of one run, word for word. The store is
 * free to keep a compacted range or not; the events that it represents must be in the log.
 */

import { RUN_EVENTS } from '../../../packages/protocol/src/names.js';
import type { Logged } from './reference-log.js';

export type Chain = readonly [Logged, ...Logged[]];

interface Delta {
  readonly run_id: string;
  readonly index: number;
  readonly delta: string;
}

export class CompactedRanges {
  /** Deltas by run and index. */
  readonly #deltas = new Map<string, Logged[]>();
  readonly #after: (event: Logged) => readonly Logged[];

  /** @param after returns the events that have ever followed one */
  constructor(after: (event: Logged) => readonly Logged[]) {
    this.#after = after;
  }

  add(event: Logged): void {
    const delta = deltaOf(event.text);
    if (!delta) return;
    const key = keyOf(delta);
    this.#deltas.set(key, [...(this.#deltas.get(key) ?? []), event]);
  }

  /** All chains of two or more events that a text has ever represented. */
  find(text: string): readonly Chain[] {
    const whole = deltaOf(text);
    const starts = (whole && this.#deltas.get(keyOf(whole))) ?? [];
    if (!whole) return [];
    const chains = starts.flatMap((start) => this.#chainsFrom([start], whole));
    return chains.filter(({ length }) => length > 1);
  }

  /** A log that has lost its end and has grown again goes on in more than one way. */
  #chainsFrom(chain: Chain, whole: Delta): readonly Chain[] {
    const said = chain.map(({ text }) => deltaOf(text)?.delta ?? '').join('');
    if (said === whole.delta) return [chain];
    if (!whole.delta.startsWith(said)) return [];
    return this.#after(chain.at(-1) ?? chain[0])
      .filter(({ text }) => deltaOf(text)?.run_id === whole.run_id)
      .flatMap((event) => this.#chainsFrom([...chain, event], whole));
  }

  /** The chains that a text represents at a place. */
  at(epoch: string, first: number, last: number, text: string): readonly Chain[] {
    return this.find(text).filter(
      (chain) =>
        chain[0].log.epoch === epoch &&
        chain[0].offset === first &&
        chain.length === last - first + 1,
    );
  }
}

const keyOf = ({ run_id, index }: Delta): string => `${run_id}.${index}`;

function deltaOf(text: string): Delta | undefined {
  if (!text.startsWith(`["${RUN_EVENTS.message}",`)) return undefined;
  const [, data] = JSON.parse(text);
  return typeof data?.run_id === 'string' ? data : undefined;
}
