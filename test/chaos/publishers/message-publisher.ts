/**
 * A caller that asks for replies, one after another, over `POST /havefun`. It repeats each question, under the
 * question's id, until it has read the reply to the end. That must not make a second reply.
 */

import type { Random } from '../../simulation/time/random.js';
import { jsonPost } from '../../support/json.js';
import { pause } from '../../support/until.js';

export interface MessagePublisherPlan {
  readonly name: string;
  readonly url: string;
  readonly thread_id: string;
  readonly everyMs: number;
}

const ANSWER_MS = 15_000;
const MAX_PAUSE_MS = 300;

export interface MessagePublisherCounts {
  asked: number;
  /** Streams that were read to their terminal part. */
  read: number;
  /** Streams that broke, and posts without an answer; the caller repeated the question. */
  broken: number;
  /** Questions that the server refused for now. */
  refused: number;
}

export class MessagePublisher {
  readonly #plan: MessagePublisherPlan;
  readonly #random: Random;
  readonly counts: MessagePublisherCounts = { asked: 0, read: 0, broken: 0, refused: 0 };
  /** Streams that ended properly without, or with more than, one terminal part. */
  readonly violations: string[] = [];
  readonly #gone = new AbortController();

  constructor(plan: MessagePublisherPlan, random: Random) {
    this.#plan = plan;
    this.#random = random;
  }

  async run(): Promise<void> {
    for (let n = 1; !this.#gone.signal.aborted; n += 1) {
      this.counts.asked += 1;
      for (let read = false; !read && !this.#gone.signal.aborted; ) {
        read = await this.#ask(n);
        if (!read) await pause(this.#random.between(0, MAX_PAUSE_MS));
      }
      await pause(this.#random.between(0, 2) * this.#plan.everyMs);
    }
  }

  /** Does not wait for the reply that it is reading: the reply continues without it. */
  stop(): void {
    this.#gone.abort();
  }

  /** Resolves with whether the reply was read to its end. */
  async #ask(n: number): Promise<boolean> {
    const { name, url, thread_id } = this.#plan;
    // Every third reply goes only to the publisher, not to the thread's readers.
    const use_websocket = n % 3 !== 0;
    const message = { thread_id, user_input: `Question ${n} of ${name}`, use_websocket };
    try {
      const response = await fetch(`${url}/havefun`, {
        ...jsonPost({ ...message, message_id: `${name}-${n}` }),
        signal: AbortSignal.any([this.#gone.signal, AbortSignal.timeout(ANSWER_MS)]),
      });
      const text = await response.text();
      if (response.status === 200) return this.#judge(text, n);
      this.counts.refused += 1;
    } catch {
      this.counts.broken += 1;
    }
    return false;
  }

  #judge(text: string, n: number): boolean {
    const ends = text.split('"type":"run_finished"').length - 1;
    if (ends === 1) this.counts.read += 1;
    // A stream without its terminal part was cut off: HTTP alone does not show that.
    else if (ends === 0) this.counts.broken += 1;
    else this.violations.push(`${this.#plan.name}: reply ${n} has ${ends} terminal parts`);
    return ends > 0;
  }
}
