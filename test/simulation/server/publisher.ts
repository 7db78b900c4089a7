/** A backend that publishes, and publishes again what it got no answer for, under the same name. */

import { EVENT } from '../names.js';
import type { Court } from '../oracle/court.js';
import type { Publication, Publications } from '../oracle/publications.js';
import type { Random } from '../time/random.js';
import type { Scheduler } from '../time/scheduler.js';
import type { SimNode } from './sim-node.js';

export interface PublisherParts {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly court: Court;
  readonly publications: Publications;
  readonly node: () => SimNode | undefined;
  /** From 0 to 1: how many answers are lost on their way. */
  readonly lostAnswers: number;
}

/** Without an answer for this long it asks again. */
const PATIENCE_MS = 700;
const RETRY_MS = 200;

export class Publisher {
  readonly #parts: PublisherParts;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  publish(thread_id: string, bytes: number, named: boolean): void {
    const { publications } = this.#parts;
    const n = publications.count + 1;
    const data = { n, ...(bytes > 0 && { filling: '.'.repeat(bytes) }) };
    const text = JSON.stringify([EVENT, data]);
    const publication: Publication = {
      ...{ n, thread_id, text, named },
      acknowledged: false,
      settled: false,
    };
    publications.add(publication);
    this.#attempt(publication, data);
  }

  #attempt(publication: Publication, data: object): void {
    const { scheduler, random, court, node: find } = this.#parts;
    if (publication.settled) return;
    const node = find();
    const { n, thread_id, named } = publication;
    if (node?.state !== 'listening' || !node.sessions) {
      this.#again(publication, data);
      return;
    }
    const options = named ? { message_id: `m-${n}` } : {};
    court.note(() => `publish ${n} to ${thread_id}`);
    const answer = node.sessions.publish(thread_id, EVENT, data, options);
    answer.then(
      (offset) => {
        if (node.state === 'ended') return;
        court.note(() => `${n} is acknowledged as ${offset}`);
        this.#parts.publications.acknowledged(publication, offset);
        if (named && random.chance(this.#parts.lostAnswers)) this.#again(publication, data);
        else publication.settled = true;
      },
      (error: Error) => {
        court.note(() => `${n} failed: ${error.message}`);
        this.#again(publication, data);
      },
    );
    if (named) scheduler.after(PATIENCE_MS, () => this.#attempt(publication, data));
    // Nobody can repeat what has no name: it is there, or it is not.
    else scheduler.after(PATIENCE_MS, () => Object.assign(publication, { settled: true }));
  }

  #again(publication: Publication, data: object): void {
    if (!publication.named) {
      publication.settled = true;
      return;
    }
    const { scheduler, random } = this.#parts;
    scheduler.after(random.between(1, RETRY_MS), () => this.#attempt(publication, data));
  }
}
