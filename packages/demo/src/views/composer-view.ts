/** The question that is being written. It stays in the box until it has arrived in the thread. */

import type { Asking } from '../asking/asking.js';
import { byId, setText } from './dom.js';

export interface Surroundings {
  /** Whether anything can be asked here. */
  readonly open: boolean;
  /** Whether a reply is being written, behind which a question waits. */
  readonly streaming: boolean;
}

export class ComposerView {
  readonly #form = byId('composer', HTMLFormElement);
  readonly #box = byId('question', HTMLTextAreaElement);
  readonly #send = byId('send', HTMLButtonElement);
  readonly #note = byId('composer-note', HTMLElement);
  #asking: Asking | null = null;
  readonly #say: (text: string) => void;
  #open = true;

  /** @param say for a screen reader */
  constructor(ask: (question: string) => void, say: (text: string) => void) {
    this.#say = say;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      const question = this.#box.value.trim();
      if (question && !this.#busy) ask(question);
    });
    this.#box.addEventListener('keydown', (event) => {
      // While an input method composes, Enter chooses a word.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#form.requestSubmit();
    });
    this.#box.addEventListener('input', () => this.#fit());
  }

  focus(): void {
    this.#box.focus();
  }

  /** Puts a question into the box; what is there already is the user's. */
  offer(question: string): void {
    if (this.#box.value.trim() === '') this.#box.value = question;
    this.#fit();
  }

  render(asking: Asking | null, { open, streaming }: Surroundings): void {
    const note = asking ? noteOn(asking, streaming) : '';
    if (note && note !== this.#note.textContent) this.#say(note);
    this.#note.hidden = note === '';
    setText(this.#note, note);
    if (asking === this.#asking && open === this.#open) return;
    this.#open = open;
    this.#box.placeholder = open ? 'Ask something …' : 'Nothing can be asked here now';
    if (asking === null && this.#box.value.trim() === this.#asking?.text) this.#box.value = '';
    this.#asking = asking;
    if (asking) this.offer(asking.text);
    this.#box.readOnly = this.#busy;
    // Not `disabled`, which would take the focus away.
    this.#send.setAttribute('aria-disabled', String(this.#busy));
    setText(this.#send, asking?.phase === 'not_sent' ? 'Send again' : 'Send');
    this.#fit();
  }

  get #busy(): boolean {
    return !this.#open || (this.#asking !== null && this.#asking.phase !== 'not_sent');
  }

  /** As high as its text, up to what the style sheet allows. */
  #fit(): void {
    this.#box.style.height = 'auto';
    this.#box.style.height = `${this.#box.scrollHeight}px`;
  }
}

function noteOn(asking: Asking, streaming: boolean): string {
  switch (asking.phase) {
    case 'posting':
      return '';
    case 'taken':
      if (!streaming) return '';
      return 'The server has your question. The reply begins when the one before it has ended.';
    case 'unknown':
      return 'No answer: your question may have arrived or not. This page looks for it in the conversation before you send it twice.';
    case 'not_sent':
      return `Not sent. ${asking.why} It is still here.`;
  }
}
