/**
 * Finds the lines of a trace in a file that arrives in parts, whatever its form: a document, with indents or without, or a line
 * of JSON each. A line is an object of the array `lines`, or one at the top. Memory is bounded by the longest line.
 */

export interface FoundLine {
  /** The line of the file where it begins, from 1. */
  readonly at: number;
  readonly text: string;
}

/** Above what surrounds the lines: the newest report of a client. */
const MAX_OBJECT = 4 * 1024 * 1024;
const LINES = /"lines"\s*:\s*$/;
/** So much of the text before an array says whether it is that of the lines. */
const KEY_LENGTH = 64;

export class LineScanner {
  #at = 1;
  #depth = 0;
  #isText = false;
  #isEscaped = false;
  /** The depth at which the objects are that count: 0 at the top, 2 within the array. */
  #level = 0;
  /** The object that is being read. */
  #object = '';
  #beginsAt = 1;

  /** Returns the lines that end in this part. @throws Error for an object that is too long */
  *scan(part: string): Generator<FoundLine> {
    let from = 0;
    for (let index = 0; index < part.length; index += 1) {
      const character = part[index];
      if (character === '\n') this.#at += 1;
      if (this.#isText) this.#readText(character);
      else if (character === '"') this.#isText = true;
      else if (character === '{' || character === '[') {
        if (this.#depth === this.#level) {
          from = index;
          this.#object = '';
          this.#beginsAt = this.#at;
        }
        this.#depth += 1;
        if (this.#depth === 2 && character === '[' && this.#isLines(part.slice(from, index))) {
          this.#level = 2;
          this.#object = '';
        }
      } else if (character === '}' || character === ']') {
        this.#depth -= 1;
        if (this.#depth === this.#level && character === '}') {
          yield { at: this.#beginsAt, text: this.#object + part.slice(from, index + 1) };
          this.#object = '';
          from = index + 1;
        }
        // The array has ended; what is around it is no line.
        else if (this.#level === 2 && this.#depth < 2) this.#level = Number.POSITIVE_INFINITY;
      }
    }
    if (this.#depth > this.#level) this.#keep(part.slice(from));
  }

  /** Whether the file ends within a line. */
  get isTorn(): boolean {
    return this.#depth > 0 && this.#level !== Number.POSITIVE_INFINITY;
  }

  #readText(character: string | undefined): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (character === '\\') this.#isEscaped = true;
    else if (character === '"') this.#isText = false;
  }

  #isLines(part: string): boolean {
    return LINES.test((this.#object + part).slice(-KEY_LENGTH));
  }

  #keep(rest: string): void {
    this.#object += rest;
    if (this.#object.length <= MAX_OBJECT) return;
    throw new Error(`Line ${this.#beginsAt} is longer than any line of a trace.`);
  }
}
