/** A question, its reply, and how that ended. */

import { type Turn, textOf } from '../conversation/conversation.js';
import { make, setAttribute, setText } from './dom.js';
import { ReplyText } from './reply-text.js';

export type Ask = (question: string) => void;

const ENDINGS: Readonly<Record<string, string>> = {
  interrupted:
    'Interrupted: the server that wrote this was stopped. Every word it had written is here.',
  failed: 'This reply failed.',
  cancelled: 'This reply was cancelled.',
};

export class TurnView {
  readonly element = make('li', 'turn');
  readonly #question = make('p', 'question');
  readonly #summary = make('summary');
  readonly #notes = make('ul');
  readonly #details = make('details', 'notes', this.#summary, this.#notes);
  readonly #text = new ReplyText();
  readonly #legend = make(
    'p',
    'legend',
    make('mark', '', 'Marked'),
    ' words came from the log after the connection was back.',
  );
  readonly #ending = make('p', 'ending');
  readonly #actions = make('p', 'turn-actions');
  readonly #reply = make(
    'div',
    'reply',
    this.#details,
    this.#text.element,
    this.#legend,
    this.#ending,
    this.#actions,
  );
  readonly #ask: Ask;
  #turn: Turn | undefined;

  constructor(ask: Ask) {
    this.#ask = ask;
    this.element.append(this.#question, this.#reply);
  }

  render(turn: Turn): void {
    const before = this.#turn;
    if (before === turn) return;
    this.#turn = turn;
    setAttribute(this.element, 'data-status', turn.status);
    setAttribute(this.#reply, 'aria-busy', String(turn.status === 'streaming'));
    setText(this.#question, turn.question ?? 'The beginning of this turn is no longer kept.');
    this.#question.classList.toggle('gone', turn.question === null);
    this.#renderNotes(turn);
    this.#text.render(turn.reply);
    this.#legend.hidden = !turn.reply.some(({ replay }) => replay > 0);
    if (before?.status !== turn.status) this.#renderEnding(turn);
  }

  #renderNotes({ notes, sources }: Turn): void {
    const lines = [...notes, ...sources.map((title) => `Source: ${title}`)];
    this.#details.hidden = lines.length === 0;
    if (this.#notes.childElementCount === lines.length) return;
    this.#notes.replaceChildren(...lines.map((line) => make('li', '', line)));
    const count = (list: readonly string[], word: string) =>
      `${list.length} ${word}${list.length === 1 ? '' : 's'}`;
    setText(this.#summary, `${count(notes, 'note')}, ${count(sources, 'source')}`);
  }

  #renderEnding({ status, error, question, suggestion }: Turn): void {
    const text = ENDINGS[status];
    this.#ending.hidden = text === undefined;
    setText(this.#ending, status === 'failed' && error ? `${text} ${error}` : (text ?? ''));
    const buttons = [
      ...(text !== undefined && question ? [this.#button('Ask again', question)] : []),
      ...(suggestion ? [this.#button(suggestion.text, suggestion.question)] : []),
    ];
    this.#actions.hidden = buttons.length === 0;
    this.#actions.replaceChildren(...buttons);
  }

  #button(label: string, question: string): HTMLButtonElement {
    const button = make('button', 'button', label);
    button.type = 'button';
    button.addEventListener('click', () => this.#ask(question));
    return button;
  }
}

/** For who cannot see it: the whole of it, once it is there. */
export function sayTurn(turn: Turn): string {
  const words = textOf(turn).split(/\s+/).filter(Boolean).length;
  if (turn.status === 'completed') return `Reply: ${textOf(turn)}`;
  return `${ENDINGS[turn.status] ?? ''} It has ${words} words.`;
}
