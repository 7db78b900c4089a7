/** Produces replies: one at a time on a thread, each begun and ended once, each question asked once. */

import { ok, type PostMessage, type Result, RUN_EVENTS, refused } from '@session-monitor/protocol';
import {
  BAD_PART,
  busyFault,
  eventOfPart,
  finishedData,
  finishedRunFault,
  type RunEnd,
  reusedFault,
  startedData,
  unknownRunFault,
} from '@session-monitor/protocol/rules';
import type { Random } from './random.js';
import { ECHO, errorOf, type Reply, type ReplyOptions, type ReplyRequest } from './reply.js';

export interface RunsDeps {
  readonly random: Random;
  readonly append: (thread_id: string, event: string) => void;
  /** The run has ended: nothing more is written of it. */
  readonly onEnd: (thread_id: string, run_id: string) => void;
  /** Calls back once; returns what stops it. */
  readonly after: (ms: number, fn: () => void) => () => void;
}

interface Run {
  readonly request: ReplyRequest;
  readonly controller: AbortController;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  readonly markEnded: () => void;
  status: RunEnd['status'] | 'running';
}

export const CANCELLED: RunEnd = { status: 'cancelled' };

export class FakeRuns {
  readonly #deps: RunsDeps;
  readonly #runs = new Map<string, Run>();
  /** The run of a question, by thread and the question's name. */
  readonly #named = new Map<string, Run>();
  #reply: Reply = ECHO;
  #everyMs = 0;
  #waiting = 0;

  constructor(deps: RunsDeps) {
    this.#deps = deps;
  }

  /** Whether a reply waits for the time between two of its parts. */
  get isPaced(): boolean {
    return this.#waiting > 0;
  }

  /** Sets how later questions are answered. */
  script(reply: Reply, { everyMs = 0 }: ReplyOptions): void {
    this.#reply = reply;
    this.#everyMs = everyMs;
  }

  /** Begins a reply, or finds the one that the question has under its name. */
  ask({ thread_id, user_input, message_id, policy, ...from }: PostMessage): Result<string> {
    const user_id = from.user_id ?? null;
    const name = message_id === undefined ? undefined : `${thread_id} ${message_id}`;
    const known = name === undefined ? undefined : this.#named.get(name);
    if (known) {
      const { request } = known;
      const isSame = request.user_input === user_input && request.user_id === user_id;
      return isSame ? ok(request.run_id) : refused(reusedFault);
    }
    const open = this.#open(thread_id);
    if (policy === 'reject' && open.length > 0) return refused(busyFault);
    const run = this.#begin({ run_id: this.#deps.random.name(), thread_id, user_input, user_id });
    if (name !== undefined) this.#named.set(name, run);
    const started = startedData({ user_input, user_id, message_id }, run.request);
    this.#append(run, RUN_EVENTS.started, started);
    if (policy === 'cancel_previous') for (const each of open) this.#end(each, CANCELLED);
    void this.#perform(run, Promise.all(open.map(({ ended }) => ended)), this.#reply);
    return ok(run.request.run_id);
  }

  cancel(thread_id: string, run_id: string): Result<void> {
    const run = this.#runs.get(run_id);
    if (run?.request.thread_id !== thread_id) return refused(unknownRunFault);
    if (run.status !== 'running') return refused(finishedRunFault(run.status));
    this.#end(run, CANCELLED);
    return ok(undefined);
  }

  /** Ends what is being produced, on one thread or on all. */
  endAll(end: RunEnd, thread_id?: string): void {
    for (const run of this.#open(thread_id)) this.#end(run, end);
  }

  /** The thread is erased: its questions may be asked again. */
  forget(thread_id: string): void {
    for (const [name, { request }] of this.#named) {
      if (request.thread_id === thread_id) this.#named.delete(name);
    }
  }

  #open(thread_id?: string): readonly Run[] {
    return [...this.#runs.values()].filter(
      ({ request, status }) =>
        status === 'running' && (thread_id === undefined || request.thread_id === thread_id),
    );
  }

  #begin(request: ReplyRequest): Run {
    let markEnded = () => {};
    const ended = new Promise<void>((resolve) => {
      markEnded = resolve;
    });
    const controller = new AbortController();
    const run: Run = { request, controller, ended, markEnded, status: 'running' };
    this.#runs.set(request.run_id, run);
    return run;
  }

  async #perform(run: Run, turn: Promise<unknown>, reply: Reply): Promise<void> {
    await turn;
    if (run.status !== 'running') return;
    try {
      const { signal } = run.controller;
      const parts = typeof reply === 'function' ? reply(run.request, { signal }) : reply;
      for await (const part of parts) {
        // Parts after the end are dropped.
        if (run.status !== 'running') return;
        const event = eventOfPart((part as Partial<typeof part> | null | undefined)?.type);
        if (event === undefined) return this.#end(run, { status: 'failed', error: BAD_PART });
        const { run_id, thread_id } = run.request;
        this.#append(run, event, { ...part, run_id, thread_id });
        if (this.#everyMs > 0) await this.#pause(run);
      }
      this.#end(run, { status: 'completed' });
    } catch (failure) {
      this.#end(run, { status: 'failed', error: errorOf(failure) });
    }
  }

  /** Ends early when the reply is ended. */
  async #pause({ controller: { signal } }: Run): Promise<void> {
    this.#waiting += 1;
    await new Promise<void>((resolve) => {
      const done = () => {
        cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = this.#deps.after(this.#everyMs, done);
      signal.addEventListener('abort', done);
    });
    this.#waiting -= 1;
  }

  /** The first end counts. */
  #end(run: Run, end: RunEnd): void {
    if (run.status !== 'running') return;
    run.status = end.status;
    this.#append(run, RUN_EVENTS.finished, finishedData(end, run.request));
    this.#deps.onEnd(run.request.thread_id, run.request.run_id);
    run.controller.abort();
    run.markEnded();
  }

  #append({ request: { thread_id } }: Run, event: string, data: object): void {
    this.#deps.append(thread_id, JSON.stringify([event, data]));
  }
}
