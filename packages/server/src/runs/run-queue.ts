/** The order of the runs of each thread: one at a time, in the order of their requests. */

interface Queue {
  length: number;
  /** Settles when all that have been entered have ended. Never rejects. */
  tail: Promise<unknown>;
}

export class RunQueues {
  readonly #queues = new Map<string, Queue>();

  /** How many runs of a thread wait or are being produced. */
  length(thread_id: string): number {
    return this.#queues.get(thread_id)?.length ?? 0;
  }

  /**
   * Enters a run.
   *
   * @param perform called with its turn, which resolves when all runs before it have ended; it may end sooner. Never
   *   rejects
   */
  enter(thread_id: string, perform: (turn: Promise<unknown>) => Promise<void>): Promise<void> {
    const queue = this.#queues.get(thread_id) ?? { length: 0, tail: Promise.resolve() };
    this.#queues.set(thread_id, queue);
    queue.length += 1;
    const { tail: turn } = queue;
    const ended = perform(turn).then(() => {
      queue.length -= 1;
      if (queue.length === 0) this.#queues.delete(thread_id);
    });
    queue.tail = Promise.all([turn, ended]);
    return ended;
  }
}
