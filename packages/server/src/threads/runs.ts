/**
 * Runs: replies being produced. One at a time per thread, the next waits for it. Each part is appended
 * under the run's fence; the terminal part closes the fence in the same step, so that a run has exactly
 * one and nothing follows it (I7).
 */

import { RUN_EVENTS } from '@session-monitor/protocol';
import type { Clock, Entropy } from '../clock.js';
import { asError } from '../errors.js';
import type { Logger, Trace } from '../observe/trace.js';
import type { Part, Responder } from '../responders/responder.js';
import type { RunRecord, RunStatus, Store } from '../stores/store.js';
import { appendFenced, encodeEvent } from './publish.js';

export interface RunRequest {
  readonly thread_id: string;
  readonly user_input: string;
  readonly user_id: string | null;
  /** Publish the parts to the thread; else they go to a log of the run's own. */
  readonly publish: boolean;
}

/** A run that was asked for; it is produced, after those before it, once it has been begun. */
export interface Run {
  readonly run_id: string;
  readonly thread_id: string;
  /** The log that gets the parts. */
  readonly log_id: string;
  begin(): void;
  /** Resolves when the run has ended, however it ended. */
  readonly ended: Promise<void>;
  /** Ends it as `cancelled`, started or not. */
  cancel(): void;
}

export interface RunsParts {
  readonly store: Store;
  readonly responder: Responder;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly trace: Trace;
  readonly logger: Logger;
}

/** 128 bits. */
const RUN_ID_BYTES = 16;
/** No `thread_id` begins like this, so that nobody can name the private log of a run (I10). */
const PRIVATE_LOG_PREFIX = '~run.';

const EVENT_OF_PART: Record<Part['type'], string> = {
  analysis: RUN_EVENTS.analysis,
  knowledge: RUN_EVENTS.knowledge,
  next_action: RUN_EVENTS.nextAction,
  message: RUN_EVENTS.message,
};

interface RunEnd {
  readonly status: RunStatus;
  readonly error?: { readonly code: string; readonly message: string };
}

export class Runs {
  readonly #parts: RunsParts;
  /** The last run of each thread that has any: the next one starts after it. */
  readonly #queues = new Map<string, Promise<void>>();
  readonly #cancels = new Set<AbortController>();

  constructor(parts: RunsParts) {
    this.#parts = parts;
  }

  /** Runs that wait or are being produced. */
  get size(): number {
    return this.#cancels.size;
  }

  /** Names a run, so that its log can be followed before it begins. */
  prepare(request: RunRequest): Run {
    const { thread_id } = request;
    const run_id = this.#parts.entropy.token(RUN_ID_BYTES);
    const log_id = request.publish ? thread_id : `${PRIVATE_LOG_PREFIX}${run_id}`;
    const controller = new AbortController();
    let resolveEnded = () => {};
    const ended = new Promise<void>((resolve) => {
      resolveEnded = resolve;
    });
    const begin = () => {
      const work = () => this.#produce({ ...request, run_id, log_id }, controller.signal);
      void this.#enqueue(thread_id, controller, work).then(resolveEnded);
    };
    return { run_id, thread_id, log_id, begin, ended, cancel: () => controller.abort() };
  }

  /** Ends the runs that a former process of this store left open. Resolves with their number. */
  async recover(): Promise<number> {
    const left = await this.#parts.store.runs.open();
    await Promise.all(left.map((run) => this.#interrupt(run)));
    return left.length;
  }

  /** Cancels everything and waits for the ends to be written. */
  async close(): Promise<void> {
    for (const controller of this.#cancels) controller.abort('interrupted');
    await Promise.all(this.#queues.values());
  }

  /** Produces after what was enqueued for the thread before. Never rejects. */
  #enqueue(
    thread_id: string,
    controller: AbortController,
    produce: () => Promise<void>,
  ): Promise<void> {
    this.#cancels.add(controller);
    const before = this.#queues.get(thread_id) ?? Promise.resolve();
    const done = before
      .then(produce)
      .catch((error: unknown) => {
        // Only the store fails here, and a failed store ends the process by itself.
        this.#parts.logger.error({ err: asError(error), thread_id }, 'A run could not be written');
      })
      .finally(() => {
        this.#cancels.delete(controller);
        if (this.#queues.get(thread_id) === done) this.#queues.delete(thread_id);
      });
    this.#queues.set(thread_id, done);
    return done;
  }

  async #produce(
    request: RunRequest & { readonly run_id: string; readonly log_id: string },
    signal: AbortSignal,
  ): Promise<void> {
    const { run_id, thread_id, log_id, user_input, user_id } = request;
    const { store, clock, trace } = this.#parts;
    const started_at = clock.wall();
    const run = await store.runs.start({ run_id, thread_id, log_id, started_at });
    trace('run_started', { run_id, thread_id, published: request.publish });
    await this.#append(run, RUN_EVENTS.started, { type: 'run_started', user_input, user_id });
    const end = await this.#respond(run, { run_id, thread_id, user_input, user_id }, signal);
    await this.#finish(run, end);
    const ms = clock.wall() - started_at;
    trace('run_finished', { run_id, thread_id, status: end.status, ms, code: end.error?.code });
  }

  /** Appends the responder's parts until it ends, fails, is cancelled or has lost its fence. */
  async #respond(
    run: RunRecord,
    request: Parameters<Responder>[0],
    signal: AbortSignal,
  ): Promise<RunEnd> {
    try {
      if (signal.aborted) return cancelledBy(signal);
      for await (const part of this.#parts.responder(request, { signal })) {
        if (signal.aborted) return cancelledBy(signal);
        if (!(await this.#append(run, EVENT_OF_PART[part.type], part))) break;
      }
      return signal.aborted ? cancelledBy(signal) : { status: 'completed' };
    } catch (error) {
      if (signal.aborted) return cancelledBy(signal);
      this.#parts.logger.error({ err: asError(error), run_id: run.run_id }, 'A responder failed');
      const message = 'The reply could not be produced.';
      return { status: 'failed', error: { code: 'responder_failed', message } };
    }
  }

  #append(run: RunRecord, event: string, data: object): Promise<boolean> {
    const { run_id, thread_id, log_id, token } = run;
    const encoded = encodeEvent(event, { ...data, run_id, thread_id });
    return appendFenced(this.#parts.store.logs, log_id, [encoded], { fence: { run_id, token } });
  }

  async #finish(run: RunRecord, { status, error }: RunEnd): Promise<void> {
    const { run_id, thread_id, log_id, token } = run;
    const data = { type: 'run_finished', status, ...(error && { error }), run_id, thread_id };
    const fence = { run_id, token, finish: status };
    const encoded = encodeEvent(RUN_EVENTS.finished, data);
    await appendFenced(this.#parts.store.logs, log_id, [encoded], { fence });
  }

  async #interrupt({ run_id, thread_id }: RunRecord): Promise<void> {
    const taken = await this.#parts.store.runs.takeOver(run_id);
    if (!taken) return;
    const message = 'The server that produced this reply has stopped.';
    await this.#finish(taken, { status: 'interrupted', error: { code: 'node_lost', message } });
    this.#parts.trace('run_finished', { run_id, thread_id, status: 'interrupted' });
  }
}

function cancelledBy(signal: AbortSignal): RunEnd {
  if (signal.reason !== 'interrupted') return { status: 'cancelled' };
  const message = 'The server is stopping.';
  return { status: 'interrupted', error: { code: 'draining', message } };
}
