/** The turns, and what stands there before there are any. Follows the newest word unless scrolled away. */

import type { Conversation } from '../conversation/conversation.js';
import { byId, make, setText } from './dom.js';
import { type Ask, TurnView } from './turn-view.js';

const SUGGESTIONS = [
  'How do long conversations survive bad networks, in 600 words?',
  'What is a cursor, in 150 words?',
  'Why is at-least-once not enough, in 300 words?',
];

/** As near to the end as this is at the end. */
const NEAR_PX = 96;

export interface Openness {
  /** All of the conversation is here. */
  readonly known: boolean;
  /** The page is let in, as far as it knows. */
  readonly open: boolean;
}

export class ConversationView {
  readonly #scroller = byId('scroller', HTMLElement);
  readonly #turns = byId('turns', HTMLElement);
  readonly #intro = byId('intro', HTMLElement);
  readonly #waiting = byId('waiting', HTMLElement);
  readonly #latest = byId('latest', HTMLButtonElement);
  readonly #views = new Map<string, TurnView>();
  readonly #ask: Ask;
  #missing: Conversation['missing'] = [];
  /** Whether the end is in view, as the user left it. */
  #atEnd = true;

  constructor(ask: Ask) {
    this.#ask = ask;
    const suggestions = SUGGESTIONS.map((question) => {
      const button = make('button', 'suggestion', question);
      button.type = 'button';
      button.addEventListener('click', () => ask(question));
      return make('li', '', button);
    });
    byId('suggestions', HTMLElement).append(...suggestions);
    // A keyboard scrolls only what it can focus.
    this.#scroller.tabIndex = 0;
    this.#scroller.addEventListener('scroll', () => this.#onScroll(), { passive: true });
    this.#latest.addEventListener('click', () => this.#toEnd());
  }

  render({ turns, missing }: Conversation, { known, open }: Openness): void {
    const empty = turns.length === 0 && missing.length === 0;
    this.#intro.hidden = !(empty && known);
    this.#waiting.hidden = !(empty && !known);
    setText(this.#waiting, open ? 'Fetching the conversation …' : 'There is nothing to show here.');
    this.#turns.hidden = empty;
    this.#renderMissing(missing);
    for (const turn of turns) this.#viewOf(turn.run_id).render(turn);
    const ids = new Set(turns.map(({ run_id }) => run_id));
    for (const [run_id, view] of this.#views) {
      if (!ids.has(run_id)) this.#remove(run_id, view);
    }
    if (this.#atEnd) this.#toEnd();
    else this.#onScroll();
  }

  #viewOf(run_id: string): TurnView {
    const known = this.#views.get(run_id);
    if (known) return known;
    const view = new TurnView(this.#ask);
    this.#views.set(run_id, view);
    this.#turns.append(view.element);
    return view;
  }

  #remove(run_id: string, view: TurnView): void {
    view.element.remove();
    this.#views.delete(run_id);
  }

  #renderMissing(missing: Conversation['missing']): void {
    if (missing === this.#missing) return;
    this.#missing = missing;
    for (const old of this.#turns.querySelectorAll('.missing')) old.remove();
    const lines = missing.map(({ from, to }) =>
      make('li', 'missing', `Events ${from} to ${to} are no longer kept.`),
    );
    this.#turns.prepend(...lines);
  }

  #onScroll(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    this.#atEnd = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    this.#latest.hidden = this.#atEnd;
  }

  #toEnd(): void {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#atEnd = true;
    this.#latest.hidden = true;
  }
}
