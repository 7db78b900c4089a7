/** Asks, and keeps the question until it is known what has become of it. */

import type { Turn } from '../conversation/conversation.js';
import { type Asking, answered, ask, type View, withRun, withView } from './asking.js';
import { postQuestion } from './post.js';

export class Asker {
  readonly #send: typeof fetch;
  readonly #onChange: () => void;
  #asking: Asking | null = null;

  constructor(send: typeof fetch, onChange: () => void) {
    this.#send = send;
    this.#onChange = onChange;
  }

  get asking(): Asking | null {
    return this.#asking;
  }

  /** Whether a question is under way, so that another one has to wait. */
  get busy(): boolean {
    return this.#asking !== null && this.#asking.phase !== 'not_sent';
  }

  /**
   * @param after the thread's last offset, as far as it is known
   * @param message_id names this sending
   */
  async ask(text: string, thread_id: string, after: number, message_id: string): Promise<void> {
    const asking = ask(text, after);
    this.#become(asking);
    const outcome = await postQuestion(this.#send, { user_input: text, thread_id, message_id });
    // Its run may have started before the answer to the post was here.
    if (this.#asking === asking) this.#become(answered(asking, outcome));
  }

  sawStart({ run_id, question, offset }: Turn): void {
    if (!this.#asking) return;
    this.#become(withRun(this.#asking, { run_id, question: question ?? '', offset }));
  }

  look(view: View): void {
    if (this.#asking) this.#become(withView(this.#asking, view));
  }

  /** Another conversation: the question stays behind. */
  forget(): void {
    this.#become(null);
  }

  #become(asking: Asking | null): void {
    if (asking === this.#asking) return;
    this.#asking = asking;
    this.#onChange();
  }
}
