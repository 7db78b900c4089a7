/**
 * A reply's words, as Markdown. Blocks that are settled stay as they are; the last one is drawn again as far as it has
 * changed. So one more word lays out its own block again, not the whole reply.
 */

import { grow, NOTHING_SETTLED, type Settled } from '../markdown/growing.js';
import type { Range } from '../markdown/ranges.js';
import { make } from './dom.js';
import { patchChildren } from './patch.js';

export class ReplyText {
  readonly element = make('div', 'text');
  #shown = '';
  #settled: Settled = NOTHING_SETTLED;

  /** @param marked what of the text is to be marked; of what was shown before nothing changes */
  render(text: string, marked: readonly Range[]): void {
    if (text === this.#shown) return;
    if (!text.startsWith(this.#shown)) this.#settled = NOTHING_SETTLED;
    this.#shown = text;
    const { blocks, settled } = grow(text, marked, this.#settled);
    patchChildren(this.element, this.#settled.blocks, blocks);
    this.#settled = settled;
  }
}
