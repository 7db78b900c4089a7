/** Which ranges of each reply came from the log, after a return of the connection. */

import { type Range, withRange } from '../markdown/ranges.js';

interface Reply {
  /** Characters that have come. */
  readonly length: number;
  readonly replayed: readonly Range[];
}

const NONE: readonly Range[] = [];

export class Replays {
  readonly #replies = new Map<string, Reply>();

  /** @param isReplayed whether the event came from the log after a return */
  see(event: string, data: unknown, isReplayed: boolean): void {
    if (event !== 'message' || typeof data !== 'object' || data === null) return;
    const { run_id, delta } = data as Readonly<Record<string, unknown>>;
    if (typeof run_id !== 'string' || typeof delta !== 'string') return;
    const { length, replayed } = this.#replies.get(run_id) ?? { length: 0, replayed: NONE };
    const to = length + delta.length;
    this.#replies.set(run_id, {
      length: to,
      replayed: isReplayed ? withRange(replayed, { from: length, to }) : replayed,
    });
  }

  /** In characters of the reply's text. The same object until there are more. */
  of(run_id: string): readonly Range[] {
    return this.#replies.get(run_id)?.replayed ?? NONE;
  }

  forget(): void {
    this.#replies.clear();
  }
}
