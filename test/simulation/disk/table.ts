/** An ordered table of bytes, in memory. Keys are kept as latin-1 text: it sorts as bytes do. */

import type { Entry, Range } from '../../../packages/server/src/stores/lmdb/environment.js';

export class DiskTable {
  readonly #keys: string[];
  readonly #values: Buffer[];

  constructor(keys: string[] = [], values: Buffer[] = []) {
    this.#keys = keys;
    this.#values = values;
  }

  /** Values are never changed in place: a copy shares them. */
  copy(): DiskTable {
    return new DiskTable([...this.#keys], [...this.#values]);
  }

  get(key: string): Buffer | undefined {
    const index = this.#at(key);
    return this.#keys[index] === key ? this.#values[index] : undefined;
  }

  set(key: string, value: Buffer | null): void {
    const index = this.#at(key);
    const found = this.#keys[index] === key;
    if (value === null) {
      if (!found) return;
      this.#keys.splice(index, 1);
      this.#values.splice(index, 1);
    } else if (found) {
      this.#values[index] = value;
    } else {
      this.#keys.splice(index, 0, key);
      this.#values.splice(index, 0, value);
    }
  }

  /** The entries at the moment of the call, as in a read transaction. */
  range({ start, end, reverse, limit }: Range): readonly Entry[] {
    const entries: Entry[] = [];
    const most = limit ?? Number.POSITIVE_INFINITY;
    const first = start?.toString('latin1');
    const last = end?.toString('latin1');
    if (reverse) {
      let index = first === undefined ? this.#keys.length - 1 : this.#atOrBefore(first);
      for (; index >= 0 && entries.length < most; index -= 1) {
        if (last !== undefined && (this.#keys[index] ?? '') <= last) break;
        this.#take(entries, index);
      }
    } else {
      let index = first === undefined ? 0 : this.#at(first);
      for (; index < this.#keys.length && entries.length < most; index += 1) {
        if (last !== undefined && (this.#keys[index] ?? '') >= last) break;
        this.#take(entries, index);
      }
    }
    return entries;
  }

  #take(entries: Entry[], index: number): void {
    const [key, value] = [this.#keys[index], this.#values[index]];
    if (key !== undefined && value) entries.push({ key: Buffer.from(key, 'latin1'), value });
  }

  /** The index of the first key at or after `key`. */
  #at(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #atOrBefore(key: string): number {
    const index = this.#at(key);
    return this.#keys[index] === key ? index : index - 1;
  }
}
