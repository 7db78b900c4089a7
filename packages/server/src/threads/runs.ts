/**
 * Runs: replies being produced. One at a time per thread, the next waits for it. Each part is appended
 * under the run's fence; the terminal part closes the fence in the same step, so that a run has exactly
 * one and nothing follows it (I7).
 */

import { type Fault, fault, type Result, RUN_EVENTS, refused } from '@session-monitor/protocol';
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
  /** Puts it in the queue. Refuses when the queue is full or the server is about to stop. */
  begin(): Result<void>;
  /** Resolves when the run has ended, however it ended; never for one that was not begun. */
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
/** A person asks one question at a time; a loop asks more. */
const MAX_RUNS_PER_THREAD = 16;
/** Each holds its question in memory until it is its turn. */
const MAX_RUNS = 1_000;
const RETRY_FULL_MS = 5_000;

const EVENT_OF_PART: Readonly<Record<Part['type'], string>> = {
  analysis: RUN_EVENTS.analysis,
  knowledge: RUN_EVENTS.knowledge,
  next_action: RUN_EVENTS.nextAction,
  message: RUN_EVENTS.message,
};

interface RunEnd {
  readonly status: RunStatus;
  readonly error?: { readonly code: string; readonly message: string };
}

interface NamedRun extends RunRequest {
  readonly run_id: string;
  readonly log_id: string;
}

/** The runs of one thread that wait or are being produced. */
interface Queue {
  length: number;
  /** Settles when the last of them has ended. Never rejects. */
  tail: Promise<void>;
}

export class Runs {
  readonly #parts: RunsParts;
  readonly #queues = new Map<string, Queue>();
  readonly #controllers = new Set<AbortController>();
  #closed = false;

  constructor(parts: RunsParts) {
    this.#parts = parts;
  }

  /** Runs that wait or are being produced. */
  get size(): number {
    return this.#controllers.size;
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
    const begin = (): Result<void> => {
      const reason = this.#whyNot(thread_id);
      if (reason) return refused(reason);
      const named = { ...request, run_id, log_id };
      const produce = () => this.#produce(named, controller.signal);
      void this.#enqueue(thread_id, controller, produce).then(resolveEnded);
      return { ok: true, value: undefined };
    };
    return { run_id, thread_id, log_id, begin, ended, cancel: () => controller.abort() };
  }

  /** Ends the runs that a former process of this store left open. Resolves with their number. */
  async recover(): Promise<number> {
    const left = await this.#parts.store.runs.open();
    await Promise.all(left.map((run) => this.#interrupt(run)));
    return left.length;
  }

  /** Takes no more runs, ends those that there are, and waits for their ends to be written. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const controller of this.#controllers) controller.abort('interrupted');
    await Promise.all([...this.#queues.values()].map(({ tail }) => tail));
  }

  #whyNot(thread_id: string): Fault | undefined {
    if (this.#closed)
      return fault('draining', 'The server is about to stop. Try again in a moment.');
    const waiting = this.#queues.get(thread_id)?.length ?? 0;
    if (waiting < MAX_RUNS_PER_THREAD && this.size < MAX_RUNS) return undefined;
    const what =
      waiting < MAX_RUNS_PER_THREAD ? 'Too many replies' : 'Too many replies on this thread';
    return fault('limit_reached', `${what} are waiting to be produced. Try again later.`, {
      retry_after_ms: RETRY_FULL_MS,
    });
  }

  /** Produces after what was enqueued for the thread before. Never rejects. */
  #enqueue(
    thread_id: string,
    controller: AbortController,
    produce: () => Promise<void>,
  ): Promise<void> {
    this.#controllers.add(controller);
    const queue = this.#queues.get(thread_id) ?? { length: 0, tail: Promise.resolve() };
    this.#queues.set(thread_id, queue);
    queue.length += 1;
    queue.tail = queue.tail
      .then(produce)
      .catch((error: unknown) => {
        // Only the store fails here, and a failed store ends the process by itself.
        this.#parts.logger.error({ err: asError(error), thread_id }, 'A run could not be written');
      })
      .then(() => {
        this.#controllers.delete(controller);
        queue.length -= 1;
        if (queue.length === 0) this.#queues.delete(thread_id);
      });
    return queue.tail;
  }

  async #produce(request: NamedRun, signal: AbortSignal): Promise<void> {
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
      for await (const part of untilAborted(
        () => this.#parts.responder(request, { signal }),
        signal,
      )) {
        if (!(await this.#append(run, eventOf(part), part))) break;
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

/**
 * What the responder yields, until it ends or the run is aborted. A responder that does not look at its
 * signal is left to itself: nobody waits for it.
 */
async function* untilAborted(
  respond: () => AsyncIterable<Part>,
  signal: AbortSignal,
): AsyncGenerator<Part> {
  if (signal.aborted) return;
  const parts = respond()[Symbol.asyncIterator]();
  const aborted = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  try {
    for (;;) {
      const next = parts.next();
      // It may still fail long after it was given up.
      next.catch(() => {});
      const result = await Promise.race([next, aborted]);
      if (!result || result.done || signal.aborted) return;
      yield result.value;
    }
  } finally {
    parts.return?.()?.catch(() => {});
  }
}

/** @throws TypeError for a part of no known type */
function eventOf(part: Part): string {
  const event = Object.hasOwn(EVENT_OF_PART, part?.type) ? EVENT_OF_PART[part.type] : undefined;
  if (event !== undefined) return event;
  const known = Object.keys(EVENT_OF_PART).join(', ');
  throw new TypeError(
    `A responder yielded a part of type ${String(part?.type)}. Known are: ${known}`,
  );
}

function cancelledBy(signal: AbortSignal): RunEnd {
  if (signal.reason !== 'interrupted') return { status: 'cancelled' };
  const message = 'The server is stopping.';
  return { status: 'interrupted', error: { code: 'draining', message } };
}
