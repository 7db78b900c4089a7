/** The message that is being written. Sent, it leaves the box: the conversation shows it from then on. */

import { byId, setAttribute, setText } from './dom.js';

export interface ComposerHandlers {
  readonly send: (text: string) => void;
  /** Ends the reply that is being written. */
  readonly stop: () => void;
}

export interface ComposerModel {
  /** Whether anything can be sent here. */
  readonly open: boolean;
  /** Whether a reply is being written. */
  readonly writing: boolean;
  /** Whether it is being stopped. */
  readonly stopping: boolean;
}

export class ComposerView {
  readonly #form = byId('composer', HTMLFormElement);
  readonly #box = byId('question', HTMLTextAreaElement);
  readonly #send = byId('send', HTMLButtonElement);
  readonly #stop = byId('stop', HTMLButtonElement);
  #model: ComposerModel = { open: true, writing: false, stopping: false };

  constructor({ send, stop }: ComposerHandlers) {
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      const text = this.#box.value.trim();
      if (text === '' || !this.#model.open) return;
      this.#write('');
      send(text);
    });
    this.#box.addEventListener('keydown', (event) => {
      // While an input method composes, Enter chooses a word.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#form.requestSubmit();
    });
    this.#box.addEventListener('input', () => this.#fit());
    this.#stop.addEventListener('click', () => {
      if (!this.#model.stopping) stop();
    });
  }

  focus(): void {
    this.#box.focus();
  }

  /** Puts a text behind what is there already: that is the user's. */
  offer(text: string): void {
    this.#write([this.#box.value.trim(), text].filter(Boolean).join('\n'));
    this.#box.focus();
  }

  render(model: ComposerModel): void {
    this.#model = model;
    const { open, writing, stopping } = model;
    const hint = open ? 'Ask something …' : 'Nothing can be sent here now';
    if (this.#box.placeholder !== hint) this.#box.placeholder = hint;
    // Not `disabled`, which would take the focus away.
    setAttribute(this.#send, 'aria-disabled', String(!open));
    setAttribute(this.#stop, 'aria-disabled', String(stopping));
    setText(this.#stop, stopping ? 'Stopping …' : 'Stop');
    this.#stop.hidden = !writing;
    this.#showSend();
  }

  #write(text: string): void {
    this.#box.value = text;
    this.#fit();
  }

  /** As high as its text, up to what the style sheet allows. */
  #fit(): void {
    this.#box.style.height = 'auto';
    this.#box.style.height = `${this.#box.scrollHeight}px`;
    this.#showSend();
  }

  /** While there is nothing to send, 'Stop' has the place. */
  #showSend(): void {
    this.#send.hidden = this.#model.writing && this.#box.value.trim() === '';
  }
}
