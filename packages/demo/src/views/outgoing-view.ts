/** A message that is not in the thread yet: on its way, or refused. */

import type { Outgoing } from '../conversation/conversation.js';
import { make, setText } from './dom.js';

export interface OutgoingHandlers {
  /** Puts a refused message back where messages are written. */
  readonly edit: (outgoing: Outgoing) => void;
}

export class OutgoingView {
  readonly element = make('li', 'turn outgoing');
  readonly #question = make('p', 'question');
  readonly #fate = make('p', 'fate');
  readonly #edit = make('button', 'button', 'Edit');

  constructor(outgoing: Outgoing, { edit }: OutgoingHandlers) {
    this.#edit.type = 'button';
    this.#edit.addEventListener('click', () => edit(outgoing));
    setText(this.#question, outgoing.text);
    this.element.append(this.#question, this.#fate, this.#edit);
  }

  /** @param connected whether the server can have it at once */
  render({ refusal }: Outgoing, connected: boolean): void {
    this.#edit.hidden = refusal === null;
    this.element.dataset.status = refusal === null ? 'outgoing' : 'refused';
    setText(this.#fate, fateOf(refusal, connected));
  }
}

function fateOf(refusal: string | null, connected: boolean): string {
  if (refusal !== null) return `Not sent. ${refusal}`;
  return connected ? 'Sending …' : 'It is sent when the connection is back, once.';
}
