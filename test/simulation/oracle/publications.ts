/** Checks that each acknowledged publication is in the log exactly once (I1, I8). */

import type { Checker } from './checker.js';
import type { ReferenceLog } from './reference-log.js';

export interface Publication {
  /** Identifies the publication. */
  readonly n: number;
  readonly thread_id: string;
  readonly text: string;
  /** Published under a message id, and repeated until it is acknowledged. */
  readonly named: boolean;
  acknowledged: boolean;
  /** Its publisher has its outcome, or has given up. */
  settled: boolean;
}

export class Publications {
  readonly #checker: Checker;
  readonly #reference: ReferenceLog;
  readonly #all: Publication[] = [];

  constructor(checker: Checker, reference: ReferenceLog) {
    this.#checker = checker;
    this.#reference = reference;
  }

  get unsettled(): number {
    return this.#all.reduce((count, { settled }) => count + (settled ? 0 : 1), 0);
  }

  add(publication: Publication): void {
    this.#all.push(publication);
  }

  get count(): number {
    return this.#all.length;
  }

  acknowledged(publication: Publication, offset: number): void {
    publication.acknowledged = true;
    const { text, n } = publication;
    const durable = this.#reference.find(text).some((event) => event.offset === offset);
    this.#checker.expect(durable, 'I1', () => `${n} was acknowledged as ${offset}, not durable`);
  }

  /** At the end: every acknowledged publication is in the log, and none is there twice. */
  check(): void {
    for (const { text, n, acknowledged, thread_id } of this.#all) {
      const found = this.#reference.find(text);
      const kept = found.filter(({ lost }) => !lost);
      const what = () =>
        `${n} is ${kept.length} times in ${thread_id}: ${kept.map((e) => e.offset)}`;
      // The store knows a message id for as long as it keeps the event.
      const known = kept.filter(({ offset, log }) => offset > log.trimmed);
      this.#checker.expect(known.length <= 1, 'I8', what);
      const isThere = found.length > 0;
      this.#checker.expect(
        isThere || !acknowledged,
        'I1',
        () => `${n}, acknowledged, is not there`,
      );
    }
  }
}
