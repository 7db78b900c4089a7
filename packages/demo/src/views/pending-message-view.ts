/** A message that is not in the thread yet: on its way, or refused. */

import type { PendingMessage } from '../conversation/conversation.js';
import { make, setText } from './dom.js';

export interface PendingMessageHandlers {
  /** Puts a refused message back where messages are written. */
  readonly edit: (pending: PendingMessage) => void;
}

export class PendingMessageView {
  readonly element = make('li', 'turn pending');
  readonly #message = make('p', 'question');
  readonly #fate = make('p', 'fate');
  readonly #edit = make('button', 'button', 'Edit');

  constructor(pending: PendingMessage, { edit }: PendingMessageHandlers) {
    this.#edit.type = 'button';
    this.#edit.addEventListener('click', () => edit(pending));
    setText(this.#message, pending.text);
    this.element.append(this.#message, this.#fate, this.#edit);
  }

  /** @param connected whether the server can have it at once */
  render({ refusal }: PendingMessage, connected: boolean): void {
    this.#edit.hidden = refusal === null;
    this.element.dataset.status = refusal === null ? 'pending' : 'refused';
    setText(this.#fate, fateOf(refusal, connected));
  }
}

function fateOf(refusal: string | null, connected: boolean): string {
  if (refusal !== null) return `Not sent. ${refusal}`;
  return connected ? 'Sending …' : 'It is sent when the connection is back, once.';
}
