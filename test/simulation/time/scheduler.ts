/**
 * Virtual time. Tasks run in order of their time, and tasks of one time in the order in which they were
 * scheduled. Between two tasks every promise that can settle has settled: the next one runs only when no
 * microtask is left.
 */

export type Cancel = () => void;

interface Task {
  readonly at: number;
  readonly order: number;
  readonly work: () => void;
  cancelled: boolean;
}

/** A simulation with more steps is in an endless loop. */
const MAX_STEPS = 60_000;

export class Scheduler {
  /** Virtual milliseconds since the beginning. */
  now = 0;
  /** Events so far. */
  steps = 0;
  readonly #heap: Task[] = [];
  #order = 0;

  after(ms: number, work: () => void): Cancel {
    const task: Task = {
      at: this.now + Math.max(0, ms),
      order: this.#order++,
      work,
      cancelled: false,
    };
    this.#push(task);
    return () => {
      task.cancelled = true;
    };
  }

  /** Resolves when no task is left, or `done` says so; rejects with the error of a task. */
  run(done: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      // A promise's reaction costs less than `queueMicrotask`, which keeps track of its caller.
      const settled = Promise.resolve();
      const next = () => process.nextTick(step);
      const step = () => {
        try {
          const task = done() ? undefined : this.#pop();
          if (!task) return resolve();
          if (this.steps++ > MAX_STEPS) throw new Error(`Still busy after ${MAX_STEPS} steps`);
          this.now = task.at;
          task.work();
        } catch (error) {
          return reject(error);
        }
        // Node empties the queue of microtasks before it runs the callback of this `nextTick`.
        void settled.then(next);
      };
      process.nextTick(step);
    });
  }

  #push(task: Task): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(task);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (!above || isBefore(above, task)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = task;
  }

  /** Removes and returns the next task that was not cancelled. */
  #pop(): Task | undefined {
    for (;;) {
      const heap = this.#heap;
      const top = heap[0];
      const last = heap.pop();
      if (!top || !last) return undefined;
      if (heap.length > 0) this.#sink(last);
      if (!top.cancelled) return top;
    }
  }

  #sink(task: Task): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const first = heap[left];
      if (!first) break;
      const second = heap[right];
      const rightIsNext = second !== undefined && isBefore(second, first);
      const child = rightIsNext ? second : first;
      if (isBefore(task, child)) break;
      heap[index] = child;
      index = rightIsNext ? right : left;
    }
    heap[index] = task;
  }
}

const isBefore = (a: Task, b: Task): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
