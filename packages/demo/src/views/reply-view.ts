/** A message, its reply, and how that ended. */

import type { Reply } from '@session-monitor/client';
import type { ShownReply } from '../conversation/conversation.js';
import { grow, NOTHING_SETTLED, type Settled } from '../markdown/growing.js';
import { parseMarkdown } from '../markdown/parse.js';
import type { Range } from '../markdown/ranges.js';
import { textOf } from '../markdown/tree.js';
import { make, setAttribute, setText } from './dom.js';
import { patchChildren } from './patch.js';

export type Send = (text: string) => void;

const ENDINGS: Readonly<Record<string, string>> = {
  interrupted:
    'Interrupted: the server that wrote this was stopped. Every word it had written is here.',
  failed: 'This reply failed.',
  cancelled: 'This reply was stopped.',
};

export class ReplyView {
  readonly element = make('li', 'turn');
  readonly #message = make('h2', 'question');
  readonly #steps = make('ul');
  readonly #details = make(
    'details',
    'steps',
    make('summary', '', 'Steps and sources'),
    make('p', '', 'A responder can publish them before its words, as events of their own.'),
    this.#steps,
  );
  readonly #text = new ReplyText();
  readonly #waits = make('p', 'legend', 'It begins when the reply before it has ended.');
  readonly #legend = make(
    'p',
    'legend',
    make('mark', '', 'Marked'),
    ' words came from the log after the connection was back.',
  );
  readonly #missing = make('p', 'notice');
  readonly #ending = make('p', 'ending');
  readonly #actions = make('p', 'turn-actions');
  readonly #reply = make(
    'div',
    'reply',
    this.#details,
    this.#text.element,
    this.#waits,
    this.#legend,
    this.#missing,
    this.#ending,
    this.#actions,
  );
  readonly #send: Send;
  #turn: ShownReply | undefined;

  constructor(send: Send) {
    this.#send = send;
    this.element.append(this.#message, this.#reply);
  }

  render(shown: ShownReply): void {
    const before = this.#turn;
    if (before && isSame(before, shown)) return;
    this.#turn = shown;
    const { reply, replayed, waits } = shown;
    const { state, message, text } = reply;
    setAttribute(this.element, 'data-status', state);
    this.element.classList.toggle('writing', state === 'running' && !waits);
    setAttribute(this.#reply, 'aria-busy', String(state === 'running'));
    setText(this.#message, message ?? goneMessage(shown));
    this.#message.classList.toggle('gone', message === null);
    this.#renderSteps(reply);
    this.#text.render(text, replayed);
    this.#waits.hidden = !waits;
    this.#legend.hidden = replayed.length === 0;
    this.#renderMissing(shown);
    this.#renderEnding(shown);
  }

  #renderSteps({ analysis, knowledge }: Reply): void {
    const lines = [
      ...analysis.map(({ text }) => wordsOf(text)),
      ...knowledge.map(({ title }) => `Source: ${wordsOf(title)}`),
    ];
    this.#details.hidden = lines.length === 0;
    if (this.#steps.childElementCount === lines.length) return;
    this.#steps.replaceChildren(...lines.map((line) => make('li', '', line)));
  }

  #renderMissing({ reply, lost }: ShownReply): void {
    const text = lost
      ? 'This page has lost a part of this on purpose. The log still has it: reload, and it is back.'
      : 'Words are missing here that the server no longer keeps.';
    this.#missing.hidden = !lost && (reply.whole || reply.message === null);
    setText(this.#missing, text);
  }

  #renderEnding({ reply, isLast }: ShownReply): void {
    const { state, error, message } = reply;
    const text = ENDINGS[state];
    this.#ending.hidden = text === undefined;
    setText(this.#ending, state === 'failed' && error ? `${text} ${error.message}` : (text ?? ''));
    const proposals = isLast && state !== 'running' ? proposalsOf(reply) : [];
    const again = isLast && text !== undefined && message ? [['Ask again', message] as const] : [];
    const offers = [...again, ...proposals];
    this.#actions.hidden = offers.length === 0;
    const labels = offers.map(([label]) => label).join('\n');
    if (this.#actions.dataset.labels === labels) return;
    this.#actions.dataset.labels = labels;
    this.#actions.replaceChildren(...offers.map((offer) => this.#button(...offer)));
  }

  #button(label: string, message: string): HTMLButtonElement {
    const button = make('button', 'button', label);
    button.type = 'button';
    button.addEventListener('click', () => this.#send(message));
    return button;
  }
}

/**
 * A reply's words, as Markdown. Blocks that are settled stay as they are; the last one is drawn again as far as it has
 * changed. So one more word lays out its own block again, not the whole reply.
 */
class ReplyText {
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

const isSame = (one: ShownReply, other: ShownReply): boolean =>
  one.reply === other.reply &&
  one.replayed === other.replayed &&
  one.lost === other.lost &&
  one.waits === other.waits &&
  one.isLast === other.isLast;

const goneMessage = ({ lost }: ShownReply): string =>
  lost ? 'Your message was lost here on purpose.' : 'The beginning is no longer kept.';

const wordsOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What to ask next, as the responder proposes it: label and question. */
function proposalsOf({ next_actions }: Reply): readonly (readonly [string, string])[] {
  return next_actions.flatMap(({ text, question: message }) => {
    const label = wordsOf(text) || wordsOf(message);
    return label === '' ? [] : [[label, wordsOf(message) || label] as const];
  });
}

/** For a screen reader: the whole reply, once it is there. */
export function sayReply({ state, text }: Reply): string {
  const plain = parseMarkdown(text).blocks.map(textOf).join('');
  if (state === 'completed') return `Reply: ${plain.trim()}`;
  const words = plain.split(/\s+/).filter(Boolean).length;
  return `${ENDINGS[state] ?? ''} It has ${words} words.`;
}
