/**
 * A reply's words. What is there stays; words are added behind it. A line is a block of its own: one more
 * word lays out its line again, not the whole reply.
 */

import type { Stretch } from '../conversation/conversation.js';
import { make } from './dom.js';

const AFTER_LINE = /(?<=\n)/;

export class ReplyText {
  readonly element = make('p', 'text');
  /** Stretches shown, and how much of the newest. */
  #stretches = 0;
  #shown = 0;
  /** Where the next word goes; undefined at the beginning of a line, or of a stretch. */
  #line: HTMLElement | undefined;
  #node: Text | undefined;

  render(reply: readonly Stretch[]): void {
    reply.forEach((stretch, index) => {
      if (index >= this.#stretches - 1) this.#renderStretch(stretch, index);
    });
  }

  #renderStretch({ text, replay }: Stretch, index: number): void {
    if (index >= this.#stretches) {
      this.#stretches = index + 1;
      this.#shown = 0;
      this.#node = undefined;
    }
    for (const piece of text.slice(this.#shown).split(AFTER_LINE)) this.#append(piece, replay);
    this.#shown = text.length;
  }

  #append(piece: string, replay: number): void {
    if (piece === '') return;
    if (!this.#line) {
      this.#line = make('span', 'line');
      this.element.append(this.#line);
    }
    if (this.#node) this.#node.appendData(piece);
    else {
      this.#node = document.createTextNode(piece);
      this.#line.append(replay > 0 ? make('mark', '', this.#node) : this.#node);
    }
    if (!piece.endsWith('\n')) return;
    this.#line = undefined;
    this.#node = undefined;
  }
}
