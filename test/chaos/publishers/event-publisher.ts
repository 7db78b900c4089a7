/**
 * A backend that publishes one event after another, each under its own id. It posts each event again until the
 * server acknowledges it: a lost answer must not make a second event.
 */

import type { Random } from '../../simulation/time/random.js';
import { pause } from '../../support/until.js';
import type { Publication } from '../checker/evidence.js';

export interface EventPublisherPlan {
  readonly name: string;
  readonly url: string;
  readonly thread_id: string;
  /** Milliseconds between two events, on average. */
  readonly everyMs: number;
}

const ANSWER_MS = 4_000;
const MAX_PAUSE_MS = 150;

export class EventPublisher {
  readonly #plan: EventPublisherPlan;
  readonly #random: Random;
  readonly publications: Publication[] = [];
  #stopping = false;
  /** Posts without an answer, or with one that asks for a repetition. */
  repeats = 0;
  /** Whether a post is waiting for its answer. */
  waiting = false;
  /** A final refusal. */
  refusal: string | undefined;

  constructor(plan: EventPublisherPlan, random: Random) {
    this.#plan = plan;
    this.#random = random;
  }

  /** Publishes until it is stopped, and its last event is acknowledged. */
  async run(): Promise<void> {
    const { name, thread_id, everyMs } = this.#plan;
    for (let n = 1; !this.#stopping && !this.refusal; n += 1) {
      const message_id = `${name}-${n}`;
      // Recorded before the post: an event without an acknowledgement may be in the log all the same.
      const index = this.publications.length;
      this.publications.push({ thread_id, publisher: name, message_id, offset: null });
      const offset = await this.#publish(message_id, n);
      this.publications[index] = { thread_id, publisher: name, message_id, offset };
      await pause(this.#random.between(0, 2) * everyMs);
    }
  }

  stop(): void {
    this.#stopping = true;
  }

  async #publish(message_id: string, n: number): Promise<number | null> {
    const { thread_id } = this.#plan;
    const data = { id: message_id, n, text: this.#text() };
    const body = JSON.stringify({ thread_id, event: 'word', data, message_id });
    this.waiting = true;
    for (;;) {
      const answer = await this.#post(body);
      if (answer?.status === 200) {
        this.waiting = false;
        return answer.offset;
      }
      if (answer?.status === 400) {
        this.refusal = `${message_id} was refused: ${answer.text}`;
        return null;
      }
      this.repeats += 1;
      await pause(this.#random.between(5, MAX_PAUSE_MS));
    }
  }

  async #post(body: string): Promise<{ status: number; offset: number; text: string } | undefined> {
    try {
      const signal = AbortSignal.timeout(ANSWER_MS);
      const response = await fetch(this.#plan.url, { method: 'POST', body, signal });
      const text = await response.text();
      const { offset = 0 } = JSON.parse(text) as { offset?: number };
      return { status: response.status, offset, text };
    } catch {
      return undefined;
    }
  }

  /** Mostly a word, sometimes a page; with characters of several bytes. */
  #text(): string {
    const length = this.#random.chance(0.02)
      ? this.#random.int(1_000, 20_000)
      : this.#random.int(1, 200);
    return 'grüße 線上 — '.repeat(Math.ceil(length / 11)).slice(0, length);
  }
}
