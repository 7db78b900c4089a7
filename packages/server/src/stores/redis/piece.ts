/** Appends that wait: those of one kind that follow each other are one piece, with one promise. */

import type { AppendOptions, AppendOutcome, Fence, NewRun } from '../store.js';

/** Events with one answer: all are appended, or none. */
export class Piece {
  /** Pieces of the same kind that follow each other are one; undefined is one by itself. */
  readonly kind: string | undefined;
  readonly message_id: string | undefined;
  readonly fence: Fence | undefined;
  readonly events: string[] = [];
  /** One promise for all appends that are in it. */
  readonly settled: Promise<AppendOutcome>;
  resolve: (outcome: AppendOutcome) => void = () => {};
  reject: (error: Error) => void = () => {};

  constructor({ message_id, fence }: AppendOptions) {
    this.kind = kindOf(message_id, fence);
    this.message_id = message_id;
    this.fence = fence;
    this.settled = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** Adds events that are an append of their own; resolves with what became of them. */
  add(events: readonly string[]): Promise<AppendOutcome> {
    const before = this.events.length;
    for (const event of events) this.events.push(event);
    const { length } = events;
    return this.settled.then((outcome) => {
      if (outcome.outcome !== 'appended') return outcome;
      const first = outcome.first + before;
      return { outcome: 'appended', epoch: outcome.epoch, first, last: first + length - 1 };
    });
  }
}

/** Undefined for what is a piece of its own. */
export function kindOf(
  message_id: string | undefined,
  fence: Fence | undefined,
): string | undefined {
  if (message_id !== undefined || fence?.start || fence?.finish) return undefined;
  return fence ? `${fence.token} ${fence.run_id}` : '';
}

/** What the script must know of a piece. */
export function describePiece({ message_id, fence }: Piece): string {
  if (message_id === undefined && !fence) return '';
  return JSON.stringify({
    m: message_id,
    r: fence?.run_id,
    k: fence && String(fence.token),
    s: fence?.start && describeRun(fence.start),
    l: fence?.start && String(fence.start.lease_until),
    f: fence?.finish,
  });
}

/** A run as it was begun; its lease is kept apart. */
export const describeRun = ({ lease_until: _, ...run }: NewRun): string => JSON.stringify(run);
