/**
 * Compares an image with the reference. It is *full* if it has everything that had been acknowledged, and a
 * *prefix* if something is missing together with everything after it. Otherwise it is *wrong*: it has an unknown
 * event, a misplaced one, a hole, one twice, or a later event without an earlier one.
 */

import type { Opened, Repeated, ThreadImage } from '../opener/messages.js';
import type { Append, Reference, ThreadReference } from './reference.js';

export interface Verdict {
  readonly verdict: 'full' | 'prefix' | 'wrong';
  /** What is missing, or wrong. */
  readonly why: string;
}

type OpenedImage = Extract<Opened, { result: 'opened' }>;

export function judge(image: OpenedImage, reference: Reference): Verdict {
  const judgement = new Judgement(image, reference);
  return judgement.verdict();
}

class Judgement {
  readonly #image: OpenedImage;
  readonly #reference: Reference;
  readonly #wrong: string[] = [];
  /** Appends that the image has in full. */
  readonly #present = new Map<string, { readonly append: Append; readonly first: number }>();
  /** The earliest acknowledged thing that is missing, by its place in the record. */
  #missingFrom = Number.POSITIVE_INFINITY;
  #missing = '';

  constructor(image: OpenedImage, reference: Reference) {
    this.#image = image;
    this.#reference = reference;
  }

  verdict(): Verdict {
    for (const thread of this.#image.threads) this.#readThread(thread);
    for (const [thread_id, thread] of this.#reference.threads)
      this.#compareThread(thread_id, thread);
    this.#compareRuns();
    for (const repeated of this.#image.repeated) this.#compareRepeated(repeated);
    for (const { append } of this.#present.values()) {
      if (append.triedAt < this.#missingFrom) continue;
      this.#wrong.push(`${append.id} is there, but not ${this.#missing}, acknowledged before`);
    }
    const [why] = this.#wrong;
    if (why !== undefined) return { verdict: 'wrong', why };
    return { verdict: this.#missing === '' ? 'full' : 'prefix', why: this.#missing };
  }

  #readThread({ thread_id, base, offset, events, epoch }: ThreadImage): void {
    if (events.length !== offset - base) {
      this.#wrong.push(`${thread_id} has ${events.length} events from ${base} to ${offset}`);
    }
    for (let index = 0; index < events.length; ) {
      const event = events[index];
      const append = event && this.#reference.appends.get(event[0]);
      const first = base + index + 1;
      if (!append || append.thread_id !== thread_id) {
        this.#wrong.push(`${thread_id} has an event at ${first} that was never written there`);
        return;
      }
      this.#readAppend(append, events.slice(index, index + append.count), { first, epoch });
      index += append.count;
    }
  }

  #readAppend(
    append: Append,
    events: ThreadImage['events'],
    at: { readonly first: number; readonly epoch: string },
  ): void {
    const { id, count, acknowledged } = append;
    const whole = events.every((event, index) => event?.[0] === id && event[1] === index);
    if (!whole || events.length !== count) this.#wrong.push(`${id} is not whole at ${at.first}`);
    if (this.#present.has(id)) this.#wrong.push(`${id} is there twice`);
    this.#present.set(id, { append, first: at.first });
    const { epoch = at.epoch, first = at.first } = acknowledged ?? {};
    if (epoch === at.epoch && first === at.first) return;
    this.#wrong.push(`${id} is at ${at.epoch}.${at.first}, acknowledged at ${epoch}.${first}`);
  }

  #compareThread(thread_id: string, reference: ThreadReference): void {
    const image = this.#image.threads.find((each) => each.thread_id === thread_id);
    const ages = [...reference.epochs.keys()];
    const known = image ? ages.indexOf(image.epoch) : -1;
    const unknown = image && known < 0;
    if (unknown && ages.length > 0 && reference.openDeletions === 0) {
      this.#wrong.push(`${thread_id} is of an incarnation that was never reported`);
    }
    const age = unknown ? Number.POSITIVE_INFINITY : known;
    ages.forEach((epoch, index) => {
      if (index > age) this.#miss(reference.epochs.get(epoch) ?? 0, `the incarnation ${epoch}`);
    });
    for (const append of this.#reference.appends.values()) {
      if (append.thread_id !== thread_id || this.#present.has(append.id)) continue;
      this.#compareAbsent(append, ages, age, image?.base ?? 0);
    }
    if (image) this.#compareBase(image, reference, age === ages.length - 1);
  }

  /** An append that is not in the image: erased, trimmed, or missing. */
  #compareAbsent(
    { id, acknowledged }: Append,
    ages: readonly string[],
    age: number,
    base: number,
  ): void {
    if (!acknowledged) return;
    const own = ages.indexOf(acknowledged.epoch);
    if (own < age || (own === age && acknowledged.last <= base)) return;
    this.#miss(acknowledged.at, id);
  }

  #compareBase(
    { thread_id, base }: ThreadImage,
    reference: ThreadReference,
    newest: boolean,
  ): void {
    if (base > reference.maxBase && reference.openTrims === 0) {
      this.#wrong.push(`${thread_id} begins after ${base}, was trimmed up to ${reference.maxBase}`);
    }
    if (newest && base < reference.base)
      this.#miss(Number.MAX_SAFE_INTEGER, `a trim of ${thread_id}`);
  }

  #compareRuns(): void {
    const open = new Set(this.#image.openRuns);
    for (const run_id of open) {
      if (!this.#reference.runs.has(run_id)) this.#wrong.push(`run ${run_id} was never started`);
    }
    for (const [run_id, { startedAt, finishTried, finishedAt }] of this.#reference.runs) {
      if (startedAt !== undefined && !finishTried && !open.has(run_id)) {
        this.#miss(startedAt, `the start of ${run_id}`);
      }
      if (finishedAt !== undefined && open.has(run_id)) {
        this.#miss(finishedAt, `the end of ${run_id}`);
      }
    }
  }

  /** The store must recognize a message id that is in the log (I8). */
  #compareRepeated({ id, outcome, epoch, first }: Repeated): void {
    const present = this.#present.get(id);
    if (!present || (outcome === 'duplicate' && first === present.first)) return;
    this.#wrong.push(`${id} is at ${present.first}; again, it was ${outcome} at ${epoch}.${first}`);
  }

  #miss(acknowledgedAt: number, what: string): void {
    if (acknowledgedAt >= this.#missingFrom) return;
    this.#missingFrom = acknowledgedAt;
    this.#missing = what;
  }
}
