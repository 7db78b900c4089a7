/** Keeps one reply under way on a thread until it is stopped. */

import { jsonPost } from '../support/json.js';
import { pause } from '../support/until.js';

const PAUSE_MS = 200;

export class MessageLoop {
  readonly #url: string;
  readonly #thread_id: string;
  #stopped = false;
  /** Questions that the server accepted. */
  asked = 0;

  constructor(url: string, thread_id: string) {
    this.#url = url;
    this.#thread_id = thread_id;
  }

  stop(): void {
    this.#stopped = true;
  }

  async run(): Promise<void> {
    for (let n = 1; !this.#stopped; n += 1) {
      const message_id = `${this.#thread_id}-question-${n}`;
      this.asked += 1;
      // Repeats the question until its reply was read to the end: that makes no second reply.
      while (!(await this.#ask(message_id))) await pause(PAUSE_MS);
    }
  }

  async #ask(message_id: string): Promise<boolean> {
    const message = { thread_id: this.#thread_id, user_input: message_id, message_id };
    try {
      const response = await fetch(`${this.#url}/havefun`, {
        ...jsonPost({ ...message, use_websocket: true }),
        signal: AbortSignal.timeout(60_000),
      });
      return (await response.text()).includes('"type":"run_finished"');
    } catch {
      return false;
    }
  }
}
