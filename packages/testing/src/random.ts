/** Seeded randomness: the same seed gives the same test. */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Six bits each: 132. */
const NAME_LENGTH = 22;

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** From 0 (included) to 1 (excluded): mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** An id, a secret, an epoch or a tag, in base64url's alphabet. */
  name(): string {
    let name = '';
    for (let index = 0; index < NAME_LENGTH; index += 1) {
      name += ALPHABET[Math.floor(this.next() * ALPHABET.length)];
    }
    return name;
  }
}
