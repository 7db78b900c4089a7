/** One client against the log: every event once, in order, the same text, to the end. */

import { type History, hashOf, type Line, type Log, type Violation, wholeOf } from './evidence.js';

/** Lines of the history shown before and after a violation. */
const SHOWN_AROUND = 8;
/** Further violations of one client add no information. */
const MAX_OF_A_CLIENT = 20;

export function checkHistory(history: History, log: Log): readonly Violation[] {
  const check = new HistoryCheck(history, log);
  history.lines.forEach((line, index) => {
    check.take(line, index);
  });
  return check.end();
}

class HistoryCheck {
  readonly #history: History;
  readonly #log: Log;
  readonly #violations: Violation[] = [];
  /** The last offset that the app has applied, or kept. */
  #offset = 0;
  /** Offsets that were skipped and have not come yet. */
  readonly #missing = new Set<number>();

  constructor(history: History, log: Log) {
    this.#history = history;
    this.#log = log;
  }

  take(line: Line, index: number): void {
    switch (line[0]) {
      case 'page':
        this.#open(line[2], index);
        break;
      case 'applied':
        this.#apply(line[2], line[3], line[4] ?? 1, index);
        break;
      case 'gap':
        this.#violate('announced', `gap from ${line[2]} to ${line[3]}`, index);
        this.#offset = line[3];
        break;
      case 'reset':
        this.#violate('announced', `reset to ${line[2]}: ${line[3]}`, index);
        this.#offset = line[2] - 1;
        this.#missing.clear();
        break;
      case 'failed':
        this.#violate('stuck', `the monitor gave up: ${line[2]}`, index);
        break;
      case 'end': {
        const what = `${line[2]} by socket.on, ${line[3]} by monitor.on`;
        if (line[2] !== line[3]) this.#violate('unequal', what, index);
        break;
      }
      case 'receipt':
      case 'error':
        break;
    }
  }

  end(): readonly Violation[] {
    const last = this.#history.lines.length - 1;
    for (const offset of this.#missing) this.#violate('lost', `offset ${offset} never came`, last);
    if (this.#offset < this.#log.length) {
      const what = `the log ends at ${this.#log.length}, the client at ${this.#offset}`;
      this.#violate('lost', what, last);
    }
    if (this.#history.lines.at(-1)?.[0] !== 'end') {
      this.#violate('stuck', 'the history has no end', last);
    }
    return this.#violations;
  }

  /** The app continues from its saved state; the rest of its state is gone with the page. */
  #open(kept: number, index: number): void {
    if (kept > this.#offset) {
      this.#violate('invented', `the app has saved ${kept}, applied ${this.#offset}`, index);
    }
    this.#offset = kept;
    for (const offset of this.#missing) if (offset > kept) this.#missing.delete(offset);
  }

  #apply(offset: number, hash: number, span: number, index: number): void {
    const first = offset - span + 1;
    const text = span === 1 ? this.#log[offset - 1] : wholeOf(this.#log.slice(first - 1, offset));
    if (text === undefined || hashOf(text) !== hash) {
      const what = text === undefined ? 'nothing' : text.slice(0, 120);
      this.#violate('invented', `offset ${offset} was applied; the log has ${what}`, index);
    }
    if (first > this.#offset) {
      for (let skipped = this.#offset + 1; skipped < first; skipped += 1)
        this.#missing.add(skipped);
      this.#offset = offset;
    } else if (this.#missing.has(offset)) {
      for (let late = first; late <= offset; late += 1) this.#missing.delete(late);
      this.#violate('out_of_order', `offset ${offset} came after ${this.#offset}`, index);
    } else {
      this.#violate('duplicated', `offset ${offset} came again after ${this.#offset}`, index);
      // Other events of a compacted range may be new.
      this.#offset = Math.max(this.#offset, offset);
    }
  }

  #violate(kind: Violation['kind'], what: string, index: number): void {
    if (this.#violations.length >= MAX_OF_A_CLIENT) return;
    const { client, thread_id, lines } = this.#history;
    const around = lines.slice(Math.max(0, index - SHOWN_AROUND), index + SHOWN_AROUND + 1);
    this.#violations.push({ kind, client, thread_id, what, around });
  }
}
