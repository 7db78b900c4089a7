/** What was published, what was acknowledged, and what of it is in the log: once each (I1, I8). */

import type { Checker } from './checker.js';
import type { ReferenceLog } from './reference-log.js';

export interface Publication {
  /** Tells it from every other one. */
  readonly n: number;
  readonly thread_id: string;
  readonly text: string;
  /** Published under a name, and so again until it is acknowledged. */
  readonly named: boolean;
  acknowledged: boolean;
  /** Its publisher has got to know of it, or has given up. */
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

  /** At the end: everything that was acknowledged is there, and nothing is there twice. */
  check(): void {
    for (const { text, n, acknowledged, thread_id } of this.#all) {
      const found = this.#reference.find(text);
      const kept = found.filter(({ lost }) => !lost);
      const what = () =>
        `${n} is ${kept.length} times in ${thread_id}: ${kept.map((e) => e.offset)}`;
      // A name is known for as long as the event is kept.
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
