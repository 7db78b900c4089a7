/** What one node asks another, and how long it waits for an answer. A node that is gone answers nothing. */

import type { Cancel, Clock, Entropy } from '../clock.js';
import type { NodeStore } from '../stores/store.js';

const ANSWER_MS = 1_000;
const ID_BYTES = 9;

export type QuestionWord =
  | { readonly kind: 'ask'; readonly id: string; readonly from: string; readonly question: unknown }
  | { readonly kind: 'answer'; readonly id: string; readonly answer: unknown };

export interface QuestionsParts {
  readonly node: string;
  readonly nodes: NodeStore;
  readonly clock: Pick<Clock, 'after'>;
  readonly entropy: Pick<Entropy, 'token'>;
}

/** Answers a question of another node. */
export type Answerer = (question: unknown) => Promise<unknown>;

export class Questions {
  readonly #parts: QuestionsParts;
  readonly #open = new Map<string, (answer: unknown) => void>();
  #answerer: Answerer | undefined;

  constructor(parts: QuestionsParts) {
    this.#parts = parts;
  }

  /** Takes over the answering. */
  onQuestion(answerer: Answerer): void {
    this.#answerer = answerer;
  }

  /** Resolves with the node's answer; with undefined if there is none in time. */
  ask(node: string, question: unknown): Promise<unknown> {
    const { nodes, clock, entropy } = this.#parts;
    const id = entropy.token(ID_BYTES);
    return new Promise((resolve) => {
      let cancel: Cancel = () => {};
      const settle = (answer: unknown) => {
        cancel();
        this.#open.delete(id);
        resolve(answer);
      };
      cancel = clock.after(ANSWER_MS, () => settle(undefined));
      this.#open.set(id, settle);
      const word: QuestionWord = { kind: 'ask', id, from: this.#parts.node, question };
      nodes.tell(node, JSON.stringify(word)).catch(() => settle(undefined));
    });
  }

  /** Takes a question or an answer from another node. */
  hear(word: QuestionWord): void {
    if (word.kind === 'answer') this.#open.get(word.id)?.(word.answer);
    else void this.#answer(word);
  }

  /** Never rejects: who gets no answer knows what to make of it. */
  async #answer({ id, from, question }: Extract<QuestionWord, { kind: 'ask' }>): Promise<void> {
    try {
      const answer = await this.#answerer?.(question);
      if (answer === undefined) return;
      const word: QuestionWord = { kind: 'answer', id, answer };
      await this.#parts.nodes.tell(from, JSON.stringify(word));
    } catch {
      // The other one waits no longer than it has to.
    }
  }
}
