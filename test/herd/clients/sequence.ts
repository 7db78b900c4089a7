/** What a reader receives of numbered events: 1, 2, 3 … is right. */

export class Sequence {
  #last = 0;
  /** Numbers that others came before. */
  readonly #missing = new Set<number>();
  received = 0;
  repeated = 0;
  outOfOrder = 0;

  see(n: number): void {
    this.received += 1;
    for (let skipped = this.#last + 1; skipped < n; skipped += 1) this.#missing.add(skipped);
    if (n > this.#last) this.#last = n;
    else if (this.#missing.delete(n)) this.outOfOrder += 1;
    else this.repeated += 1;
  }

  /** How many are lost, if the events up to this number were acknowledged. */
  lostOf(acknowledged: number): number {
    return this.#missing.size + Math.max(0, acknowledged - this.#last);
  }
}
