/** A backend that publishes, and repeats a publication without an answer under the same message id. */

import { EVENT } from '../names.js';
import type { Checker } from '../oracle/checker.js';
import type { Publication, Publications } from '../oracle/publications.js';
import type { Random } from '../time/random.js';
import type { Scheduler } from '../time/scheduler.js';
import type { SimNode } from './sim-node.js';

export interface SimPublisherDeps {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly checker: Checker;
  readonly publications: Publications;
  readonly node: () => SimNode | undefined;
  /** The share of lost answers, from 0 to 1. */
  readonly lostAnswers: number;
}

/** After this long without an answer it publishes again. */
const PATIENCE_MS = 700;
const RETRY_MS = 200;

export class SimPublisher {
  readonly #deps: SimPublisherDeps;

  constructor(deps: SimPublisherDeps) {
    this.#deps = deps;
  }

  publish(thread_id: string, bytes: number, named: boolean): void {
    const { publications } = this.#deps;
    const n = publications.count + 1;
    const data = { n, ...(bytes > 0 && { filling: '.'.repeat(bytes) }) };
    const text = JSON.stringify([EVENT, data]);
    const publication: Publication = {
      n,
      thread_id,
      text,
      named,
      acknowledged: false,
      settled: false,
    };
    publications.add(publication);
    this.#attempt(publication, data);
  }

  #attempt(publication: Publication, data: object): void {
    const { scheduler, random, checker, node: find } = this.#deps;
    if (publication.settled) return;
    const node = find();
    const { n, thread_id, named } = publication;
    if (node?.state !== 'listening' || !node.sessions) {
      this.#again(publication, data);
      return;
    }
    const options = named ? { message_id: `m-${n}` } : {};
    checker.note(() => `publish ${n} to ${thread_id}`);
    const answer = node.sessions.publish(thread_id, EVENT, data, options);
    answer.then(
      (offset) => {
        if (node.state === 'ended') return;
        checker.note(() => `${n} is acknowledged as ${offset}`);
        this.#deps.publications.acknowledged(publication, offset);
        if (named && random.chance(this.#deps.lostAnswers)) this.#again(publication, data);
        else publication.settled = true;
      },
      (error: Error) => {
        checker.note(() => `${n} failed: ${error.message}`);
        this.#again(publication, data);
      },
    );
    if (named) scheduler.after(PATIENCE_MS, () => this.#attempt(publication, data));
    // A publication without a message id cannot be repeated: it is there, or it is not.
    else scheduler.after(PATIENCE_MS, () => Object.assign(publication, { settled: true }));
  }

  #again(publication: Publication, data: object): void {
    if (!publication.named) {
      publication.settled = true;
      return;
    }
    const { scheduler, random } = this.#deps;
    scheduler.after(random.between(1, RETRY_MS), () => this.#attempt(publication, data));
  }
}
