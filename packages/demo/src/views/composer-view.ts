/**
 * The question that is being written. It stays in the box until it has arrived in the thread. What is typed and sent
 * before anything can be asked is asked as soon as it can be.
 */

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
  #streaming = false;
  readonly #say: (text: string) => void;
  #open = true;
  /** What was asked last, until it has arrived. */
  #asked: string | null = null;
  /** It was sent before anything could be asked. */
  #isEarly = false;

  /** @param say for a screen reader */
  constructor(ask: (question: string) => void, say: (text: string) => void) {
    this.#say = say;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      const question = this.#box.value.trim();
      this.#isEarly = question !== '' && !this.#open;
      if (question && this.#open && !this.#isUnderWay) {
        this.#asked = question;
        ask(question);
      }
      this.#showNote();
    });
    this.#box.addEventListener('keydown', (event) => {
      // While an input method composes, Enter chooses a word.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#form.requestSubmit();
    });
    this.#box.addEventListener('input', () => {
      this.#isEarly = false;
      this.#showNote();
      this.#fit();
    });
  }

  focus(): void {
    this.#box.focus();
  }

  /** Puts a question into the box; what is there already is the user's. */
  offer(question: string): void {
    if (this.#box.value.trim() === '') this.#box.value = question;
    this.#fit();
  }

  /** Another conversation: what was sent early was meant for the one before. It stays in the box. */
  forget(): void {
    this.#isEarly = false;
  }

  render(asking: Asking | null, { open, streaming }: Surroundings): void {
    this.#streaming = streaming;
    // It may have arrived before anything was drawn of it.
    if (asking === null && this.#asked !== null) {
      if (this.#box.value.trim() === this.#asked) this.#box.value = '';
      this.#asked = null;
      this.#fit();
    }
    if (asking === this.#asking && open === this.#open) {
      this.#showNote();
      return;
    }
    this.#open = open;
    this.#box.placeholder = open ? 'Ask something …' : 'Nothing can be asked here now';
    this.#asking = asking;
    if (asking) this.offer(asking.text);
    this.#box.readOnly = this.#isUnderWay;
    // Not `disabled`, which would take the focus away.
    this.#send.setAttribute('aria-disabled', String(!open || this.#isUnderWay));
    setText(this.#send, asking?.phase === 'not_sent' ? 'Send again' : 'Send');
    this.#showNote();
    this.#fit();
    if (open && this.#isEarly) this.#form.requestSubmit();
  }

  get #isUnderWay(): boolean {
    return this.#asking !== null && this.#asking.phase !== 'not_sent';
  }

  #showNote(): void {
    const early = this.#isEarly ? 'It is sent as soon as anything can be asked here.' : '';
    const note = this.#asking ? noteOn(this.#asking, this.#streaming) : early;
    if (note && note !== this.#note.textContent) this.#say(note);
    this.#note.hidden = note === '';
    setText(this.#note, note);
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
