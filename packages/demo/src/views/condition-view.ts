/** The strip under the title: how things stand, and the proof. */

import { holds, lost, type Proof } from '../proof/proof.js';
import { type Condition, events } from '../session/condition.js';
import { byId, setAttribute, setText } from './dom.js';

export class ConditionView {
  readonly #condition = byId('condition', HTMLElement);
  readonly #headline = byId('headline', HTMLElement);
  readonly #advice = byId('advice', HTMLElement);
  readonly #proof = byId('proof', HTMLElement);
  readonly #verdict = byId('verdict', HTMLElement);
  readonly #checked = byId('checked', HTMLElement);

  render({ tone, headline, advice }: Condition, proof: Proof): void {
    setAttribute(this.#condition, 'data-tone', tone);
    setText(this.#headline, headline);
    setText(this.#advice, advice);
    setAttribute(this.#proof, 'data-verdict', holds(proof) ? 'holds' : 'broken');
    setText(
      this.#verdict,
      `lost ${lost(proof)}, duplicated ${proof.duplicated}, out of order ${proof.outOfOrder}`,
    );
    setText(
      this.#checked,
      proof.applied === 0 ? 'no event yet' : `${events(proof.applied)} checked`,
    );
  }
}
