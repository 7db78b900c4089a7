/**
 * A run on the node that produces it.
 *
 *     opening ──► queued ──► producing ──► ended
 *        │           │           └ failed, completed, aborted
 *        │           └ aborted: its end is written at once, its turn passes
 *        └ the store has its id already: nothing is produced
 *
 * The run is in the store, and its message in the log, before its requester gets an answer. After a crash, recovery
 * finds it there and ends it.
 */

import { cursorAtHead, type RunEnd } from '@session-monitor/protocol/rules';
import { codeOf } from '../observe/tracing/append-span.js';
import type { RunSpan } from '../observe/tracing/run-span.js';
import type { Responder } from '../responders/responder.js';
import type { ServerDeps } from '../server-deps.js';
import { privateLogOf } from '../stores/log-ids.js';
import type { NewRun, RunRecord } from '../stores/store.js';
import type { CatchUpTurns } from '../threads/catch-up-turns.js';
import { readHistory } from '../threads/history.js';
import { invariant } from '../util/assert.js';
import type { Cancel } from '../util/clock.js';
import { asError, ServerError } from '../util/errors.js';
import { compactRun } from './compact-run.js';
import { produce } from './produce.js';
import { type AbortReason, endOfAbort, RunAborted } from './run-end.js';
import { fingerprintOf, type RunRequest } from './run-id.js';
import { openRun, RunWriter } from './run-writer.js';

export interface RunsDeps extends ServerDeps {
  /** In which a run reads what is written. */
  readonly turns: Pick<CatchUpTurns, 'run'>;
  /** Produces the replies to messages without a producer; absent if the app brings its own producers. */
  readonly responder?: Responder | undefined;
}

/** How far a run is, for operators. Times are milliseconds from its request. */
export interface RunProgress {
  readonly isProducing: boolean;
  readonly firstPartMs: number | null;
  /** Null until its end is written; `fenced` if another node has ended it. */
  readonly end: {
    readonly status: string;
    readonly code: string | null;
    readonly ms: number;
  } | null;
}

export class LiveRun {
  readonly run_id: string;
  readonly request: RunRequest;
  /** Resolves when the run has ended and its end is written, however it ended. Never rejects. */
  readonly ended: Promise<void>;
  readonly #deps: RunsDeps;
  readonly #controller = new AbortController();
  readonly #markEnded: () => void;
  #compacted: Promise<void> = Promise.resolve();
  #record: RunRecord | undefined;
  #span: RunSpan | undefined;
  #readers = 0;
  #lastPartAt: number | null = null;
  #isProducing = false;
  #firstPartMs: number | null = null;
  #end: RunProgress['end'] = null;
  /** When it was requested, in monotonic milliseconds. */
  readonly #startedAt: number;
  #abandon: Cancel | undefined;

  constructor(run_id: string, request: RunRequest, deps: RunsDeps) {
    this.run_id = run_id;
    this.request = request;
    this.#deps = deps;
    this.#startedAt = deps.clock.now();
    let markEnded = () => {};
    this.ended = new Promise((resolve) => {
      markEnded = resolve;
    });
    this.#markEnded = markEnded;
  }

  /** The run as it was opened. */
  get record(): RunRecord | undefined {
    return this.#record;
  }

  /** Whether its turn has come. */
  get isProducing(): boolean {
    return this.#isProducing;
  }

  /** When its newest part came, in milliseconds since 1970; null before the first. */
  get lastPartAt(): number | null {
    return this.#lastPartAt;
  }

  get progress(): RunProgress {
    return { isProducing: this.#isProducing, firstPartMs: this.#firstPartMs, end: this.#end };
  }

  /** Resolves when its compaction is done, if it has begun. Once the run has ended, it has begun or never does. */
  get compacted(): Promise<void> {
    return this.#compacted;
  }

  /** Ends the run, if it has not ended; the first reason counts. */
  abort(why: AbortReason): void {
    if (!this.#controller.signal.aborted) this.#controller.abort(new RunAborted(why));
  }

  /**
   * Counts a reader, and returns the function that ends it. After its last reader has left, an unpublished run ends
   * some time later.
   */
  join(): () => void {
    this.#readers += 1;
    this.#abandon?.();
    let here = true;
    return () => {
      if (!here) return;
      here = false;
      this.#readers -= 1;
      if (this.#readers > 0 || this.request.publish) return;
      const { clock, settings } = this.#deps;
      this.#abandon = clock.after(settings.runOrphanMs, () => this.abort('abandoned'));
    };
  }

  /** Writes the run to the store and its message to the log; undefined if its id is used already. */
  async open(): Promise<RunRecord | undefined> {
    const { store, clock, settings, node } = this.#deps;
    const { run_id, request } = this;
    const { thread_id, user_id, address, publish: published, span } = request;
    const traceparent = span?.traceparent;
    const log_id = request.publish ? thread_id : privateLogOf({ thread_id, run_id });
    const head = await store.logs.open(log_id);
    const now = clock.wall();
    const run: NewRun = {
      run_id,
      thread_id,
      log_id,
      cursor: cursorAtHead(head),
      fingerprint: fingerprintOf(request),
      node,
      lease_until: now + settings.runLeaseMs,
      started_at: now,
      ...(traceparent !== undefined && { traceparent }),
    };
    const open = () => openRun(store.logs, run, request);
    const record = await (span ? span.append(run_id, open) : open());
    if (!record) return undefined;
    this.#record = record;
    this.#span = span?.run(run_id);
    this.#deps.trace('run_started', { run_id, thread_id, user_id, address, published });
    return record;
  }

  /** Produces the run when it is its turn, and writes its end. Never rejects. */
  async perform(opened: Promise<RunRecord | undefined>, turn: Promise<unknown>): Promise<void> {
    try {
      const record = await opened;
      if (record) await this.#finish(record, await this.#produce(record, turn));
    } catch (error) {
      // Only the store fails here, and a failed store ends the process by itself. A run that it refuses never began.
      const { run_id } = this;
      this.#span?.onError(codeOf(error));
      const isRefused = error instanceof ServerError && error.fault !== undefined;
      if (!isRefused || this.#record)
        this.#deps.logger.error({ err: asError(error), run_id }, 'A run could not be written');
    } finally {
      this.#abandon?.();
      this.#span?.end();
      this.#markEnded();
    }
  }

  async #produce(record: RunRecord, turn: Promise<unknown>): Promise<RunEnd | undefined> {
    const { signal } = this.#controller;
    await this.#waitFor(turn);
    if (signal.aborted) return endOfAbort(signal);
    this.#isProducing = true;
    const span = this.#span;
    span?.onTurn();
    const { clock, logger, settings, store, turns } = this.#deps;
    const { run_id, thread_id } = record;
    const reads = { logs: store.logs, turns };
    const { user_input, user_id, responder = this.#deps.responder } = this.request;
    invariant(responder, 'a run without a responder is refused before it is opened');
    const writer = new RunWriter(store.logs, record);
    return produce({
      responder,
      request: { run_id, thread_id, user_input, user_id },
      context: {
        signal,
        thread: {
          thread_id,
          history: (options) => readHistory(reads, thread_id, run_id, options),
        },
        run: { run_id, started_at: record.started_at },
      },
      append: (part) => {
        this.#lastPartAt = clock.wall();
        span?.onPart();
        return writer.part(part);
      },
      onFirstPart: () => this.#observeFirstPart(),
      ...(span && { within: (work) => span.within(work) }),
      stallAfterMs: settings.runStallMs,
      onStall: () => this.abort('stalled'),
      clock,
      logger,
    });
  }

  #observeFirstPart(): void {
    const { clock, metrics } = this.#deps;
    const ms = clock.now() - this.#startedAt;
    this.#firstPartMs = Math.round(ms);
    metrics.histograms.first_part_seconds.observe(ms / 1_000);
  }

  /** Waits for the turn, until the run is aborted or has waited for too long. */
  async #waitFor(turn: Promise<unknown>): Promise<void> {
    const { clock, settings } = this.#deps;
    const { signal } = this.#controller;
    if (signal.aborted) return;
    const cancel = clock.after(settings.runWaitMs, () => this.abort('waited'));
    const aborted = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([turn, aborted]);
    cancel();
  }

  async #finish(record: RunRecord, end: RunEnd | undefined): Promise<void> {
    const { store, clock, trace, settings } = this.#deps;
    const { run_id, thread_id, started_at } = record;
    const span = this.#span;
    const write = async () => end !== undefined && new RunWriter(store.logs, record).end(end);
    const written = await (span ? span.append(write) : write());
    // Its thread does not wait: the next reply may begin, and the compaction takes turns with readers that catch up.
    if (written && settings.compaction && this.request.publish) {
      this.#compacted = this.#compact(record);
    }
    const ms = clock.wall() - started_at;
    const status = written && end ? end.status : 'fenced';
    span?.onFinished(status, end);
    this.#end = { status, code: end?.error?.code ?? null, ms: Math.round(ms) };
    trace('run_finished', { run_id, thread_id, status, ms, code: end?.error?.code });
  }

  /** Readers get a run that cannot be compacted as it was written. */
  async #compact(record: RunRecord): Promise<void> {
    const { store, logger, turns } = this.#deps;
    try {
      await compactRun(store.logs, record, turns);
    } catch (error) {
      logger.error({ err: asError(error), run_id: this.run_id }, 'A run could not be compacted');
    }
  }
}
