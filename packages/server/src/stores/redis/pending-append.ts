/** Waiting appends. Consecutive appends of one kind form one piece, with one answer. */

import type { AppendOptions, AppendOutcome, Fence, NewRun, ThreadTouch } from '../store.js';
import type { ScriptArgs } from './script.js';
import { digestOf } from './thread-places.js';

/** One append in a piece: where its events begin, how many there are, and the promise of its caller. */
interface Waiting {
  readonly before: number;
  readonly count: number;
  readonly resolve: (outcome: AppendOutcome) => void;
  readonly reject: (error: Error) => void;
}

/** Events with one answer: all are appended, or none. */
export class PendingAppend {
  /** Consecutive appends of the same kind form one piece. Undefined: the append forms a piece alone. */
  readonly kind: string | undefined;
  readonly message_id: string | undefined;
  readonly fence: Fence | undefined;
  readonly touch: ThreadTouch | undefined;
  readonly mark: string | undefined;
  readonly events: string[] = [];
  #waiting: Waiting[] = [];

  constructor(options: AppendOptions) {
    this.kind = kindOf(options);
    this.message_id = options.message_id;
    this.fence = options.fence;
    this.touch = options.touch;
    this.mark = options.mark;
  }

  /** Adds the events of one append. Resolves with its outcome. */
  add(events: readonly string[]): Promise<AppendOutcome> {
    const before = this.events.length;
    for (const event of events) this.events.push(event);
    const { length: count } = events;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ before, count, resolve, reject });
    });
  }

  /** Settles every waiting append. Appends that are settled already keep their outcome. */
  settle(outcome: AppendOutcome): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { before, count, resolve } of waiting) {
      if (outcome.outcome !== 'appended') resolve(outcome);
      else {
        const first = outcome.first + before;
        resolve({ outcome: 'appended', epoch: outcome.epoch, first, last: first + count - 1 });
      }
    }
  }

  fail(error: Error): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(error);
  }
}

/** Undefined for an append that forms a piece alone. */
export function kindOf({ message_id, fence, touch, mark }: AppendOptions): string | undefined {
  if (message_id !== undefined || fence?.start || fence?.finish || touch) return undefined;
  if (mark !== undefined) return undefined;
  return fence ? `${fence.token} ${fence.run_id}` : '';
}

/** The arguments of a piece besides its events. JSON stays text: Redis's parser refuses half a surrogate pair. */
export function argsOf({ message_id, fence, touch, mark }: PendingAppend): ScriptArgs {
  return {
    message_id,
    run: fence?.run_id,
    token: fence?.token,
    begin: fence?.start && describeRun(fence.start),
    lease: fence?.start?.lease_until,
    // Whether the list of threads shows it as running.
    published: fence?.start && isPublished(fence.start),
    finish: fence?.finish,
    mark,
    ...(touch && argsOfTouch(touch)),
  };
}

const argsOfTouch = ({ active, user_id, title }: ThreadTouch): ScriptArgs => ({
  touch: true,
  active,
  ...(user_id !== undefined && { owner: JSON.stringify(user_id), digest: digestOf(user_id) }),
  title: title === undefined ? undefined : JSON.stringify(title),
});

export const isPublished = ({ log_id, thread_id }: NewRun): boolean => log_id === thread_id;

/** A run as it was begun; its lease is kept apart. */
export const describeRun = ({ lease_until: _, ...run }: NewRun): string => JSON.stringify(run);
