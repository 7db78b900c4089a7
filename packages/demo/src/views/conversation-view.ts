/** The turns, and what stands there before there are any. Follows the newest word unless scrolled away. */

import type { Conversation, PendingMessage, ShownReply } from '../conversation/conversation.js';
import { byId, keepOnly, make, setText } from './dom.js';
import { PendingMessageView } from './pending-message-view.js';
import { ReplyView, type Send } from './reply-view.js';

const SUGGESTIONS = [
  'How do long conversations survive bad networks, in 600 words?',
  'What is a cursor, in 150 words?',
  'Why is at-least-once not enough, in 300 words?',
];

/** As near to the end as this is at the end. */
const NEAR_PX = 96;

export interface ConversationHandlers {
  readonly send: Send;
  /** Takes a refused message back into the composer. */
  readonly edit: (pending: PendingMessage) => void;
}

export interface Openness {
  /** All of the conversation is here. */
  readonly known: boolean;
  /** The page is let in, as far as it knows. */
  readonly open: boolean;
  readonly connected: boolean;
}

export class ConversationView {
  readonly #scroller = byId('scroller', HTMLElement);
  readonly #replies = byId('turns', HTMLElement);
  readonly #pending = byId('pending', HTMLElement);
  readonly #intro = byId('intro', HTMLElement);
  readonly #waiting = byId('waiting', HTMLElement);
  readonly #latest = byId('latest', HTMLButtonElement);
  readonly #replyViews = new Map<string, ReplyView>();
  readonly #pendingViews = new Map<string, PendingMessageView>();
  readonly #handlers: ConversationHandlers;
  #gaps: Conversation['gaps'] = [];
  /** Whether the end is in view, as the user left it. */
  #atEnd = true;

  constructor(handlers: ConversationHandlers) {
    this.#handlers = handlers;
    const suggestions = SUGGESTIONS.map((question) => {
      const button = make('button', 'suggestion', question);
      button.type = 'button';
      button.addEventListener('click', () => handlers.send(question));
      return make('li', '', button);
    });
    byId('suggestions', HTMLElement).append(...suggestions);
    // A keyboard scrolls only what it can focus.
    this.#scroller.tabIndex = 0;
    this.#scroller.addEventListener('scroll', () => this.#onScroll(), { passive: true });
    this.#latest.addEventListener('click', () => this.#toEnd());
  }

  render({ shown, pending, gaps }: Conversation, { known, open, connected }: Openness): void {
    const empty = shown.length === 0 && pending.length === 0 && gaps.length === 0;
    this.#intro.hidden = !(empty && known);
    this.#waiting.hidden = !(empty && !known);
    setText(this.#waiting, open ? 'Fetching the conversation …' : 'There is nothing to show here.');
    this.#replies.hidden = shown.length === 0 && gaps.length === 0;
    this.#pending.hidden = pending.length === 0;
    this.#renderGaps(gaps);
    for (const each of shown) this.#viewOf(each).render(each);
    keepOnly(
      this.#replyViews,
      shown.map(({ reply }) => reply.run_id),
    );
    for (const each of pending) this.#pendingViewOf(each).render(each, connected);
    keepOnly(
      this.#pendingViews,
      pending.map(({ message_id }) => message_id),
    );
    if (this.#atEnd) this.#toEnd();
    else this.#onScroll();
  }

  /** What the user has sent is looked at. */
  follow(): void {
    this.#atEnd = true;
  }

  #viewOf({ reply: { run_id } }: ShownReply): ReplyView {
    const known = this.#replyViews.get(run_id);
    if (known) return known;
    const view = new ReplyView(this.#handlers.send);
    this.#replyViews.set(run_id, view);
    this.#replies.append(view.element);
    return view;
  }

  #pendingViewOf(pending: PendingMessage): PendingMessageView {
    const known = this.#pendingViews.get(pending.message_id);
    if (known) return known;
    const view = new PendingMessageView(pending, this.#handlers);
    this.#pendingViews.set(pending.message_id, view);
    this.#pending.append(view.element);
    return view;
  }

  #renderGaps(gaps: Conversation['gaps']): void {
    if (gaps === this.#gaps) return;
    this.#gaps = gaps;
    for (const old of this.#replies.querySelectorAll('.missing')) old.remove();
    const lines = gaps.map(({ from, to }) =>
      make('li', 'missing', `Events ${from} to ${to} are no longer kept.`),
    );
    this.#replies.prepend(...lines);
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
