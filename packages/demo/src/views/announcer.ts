/**
 * What a screen reader says by itself: whole replies and changes of the situation, never each word. A
 * situation must have lasted a moment, so that a blip of a few milliseconds says nothing; where only a number
 * changes, as seconds that pass do, it is the same.
 */

import { byId } from './dom.js';

const SETTLED_MS = 600;

export class Announcer {
  readonly #region = byId('announcer', HTMLElement);
  #situation = '';
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string): void {
    // The same text again is said again only if it is another node.
    this.#region.replaceChildren(document.createTextNode(text));
  }

  situation(text: string): void {
    const situation = text.replace(/\d+/g, '0');
    if (situation === this.#situation) return;
    this.#situation = situation;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.say(text), SETTLED_MS);
  }
}
