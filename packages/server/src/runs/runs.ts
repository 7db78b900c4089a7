/**
 * Runs: replies being produced, one at a time per thread. A repeated request under the same message id gets the
 * existing run, running or finished (I8).
 */

import { type Fault, fault, ok, type Result, refused } from '@session-monitor/protocol';
import {
  busyFault,
  finishedRunFault,
  RETRY_BUSY_MS,
  type RunEnd,
  reusedFault,
  unknownRunFault,
} from '@session-monitor/protocol/rules';
import { limitFault } from '../observe/limit-fault.js';
import type { RunRecord } from '../stores/store.js';
import type { Cancel, Entropy } from '../util/clock.js';
import { LeaseKeeper } from './lease-keeper.js';
import { LiveRun, type RunProgress, type RunsDeps } from './live-run.js';
import { NODE_LOST } from './run-end.js';
import { fingerprintOf, type RunRequest, runIdOf } from './run-id.js';
import { exceededBy } from './run-limits.js';
import { RunQueues } from './run-queue.js';
import { RunWriter } from './run-writer.js';

/** A run as its requester sees it. */
export interface RunHandle {
  readonly record: RunRecord;
  /** Whether the message had its run before. */
  readonly isRepeated: boolean;
  /** Resolves when it has ended; never if another node produces it. */
  readonly ended: Promise<void>;
  /** The requester stops reading. An unpublished run without readers is ended some time after that. */
  leave(): void;
}

/** A run as a list shows it. */
export type RunSummary = Pick<
  RunRecord,
  'run_id' | 'thread_id' | 'status' | 'started_at' | 'ended_at'
>;

/** A run that has ended on this node, without what it wrote. */
export interface EndedRun {
  readonly record: RunRecord;
  readonly user_id: string | null;
  readonly progress: RunProgress;
}

/** How many are remembered for operators. */
const ENDED_RUNS = 200;
/** 128 bits. */
const RUN_ID_BYTES = 16;
/** Some milliseconds' worth of a store's work. */
const RECORDS_PER_PAGE = 200;

type Taken = Result<{ readonly record: RunRecord; readonly live?: LiveRun }>;

export class Runs {
  readonly #deps: RunsDeps;
  readonly #entropy: Pick<Entropy, 'token'>;
  readonly #queues = new RunQueues();
  readonly #live = new Map<string, LiveRun>();
  /** Those of runs that have ended. */
  readonly #compactions = new Set<Promise<void>>();
  /** Runs that are being looked for, opened or produced: a repeated request meanwhile shares the result. */
  readonly #asked = new Map<string, Promise<Taken>>();
  readonly #leases: LeaseKeeper;
  /** Threads that are being erased: a request meanwhile waits, and goes to the new thread. */
  readonly #erasing = new Map<string, Promise<void>>();
  readonly #ended: EndedRun[] = [];
  #closed = false;

  constructor(deps: RunsDeps & { readonly entropy: Pick<Entropy, 'token'> }) {
    this.#deps = deps;
    this.#entropy = deps.entropy;
    this.#leases = new LeaseKeeper({ ...deps, live: this.#live });
  }

  /** The runs of this node that wait or are being produced, oldest first. */
  get liveRuns(): Iterable<LiveRun> {
    return this.#live.values();
  }

  /** The runs of this node that have ended last, oldest first. */
  get ended(): readonly EndedRun[] {
    return this.#ended;
  }

  /** The number of runs that wait or are being produced. */
  get size(): number {
    return this.#live.size;
  }

  /** A run that waits or is being produced here. */
  live(run_id: string): Pick<LiveRun, 'isProducing' | 'lastPartAt'> | undefined {
    return this.#live.get(run_id);
  }

  /** The number of those that wait for their turn. */
  get waiting(): number {
    let waiting = 0;
    for (const run of this.#live.values()) if (!run.isProducing) waiting += 1;
    return waiting;
  }

  /**
   * Starts a run, or finds the one that was started under the same message id. Resolves when it is in the
   * store. Rejects if the store cannot answer; asking again is safe with a message id.
   */
  submit(request: RunRequest): Promise<Result<RunHandle>> {
    const { span } = request;
    return span ? span.submit(() => this.#submit(request)) : this.#submit(request);
  }

  /**
   * Cancels a run, whether it waits or is being produced. Resolves with the run as it has ended. Refuses `run_unknown`
   * for a run that the thread does not have, `run_finished` for one that had ended.
   */
  async cancel(thread_id: string, run_id: string): Promise<Result<RunRecord>> {
    const { runs } = this.#deps.store;
    const known = await runs.get({ thread_id, run_id });
    if (!known) return refused(unknownRunFault);
    if (known.status !== 'running') return refused(finishedRunFault(known.status));
    const live = this.#live.get(run_id);
    live?.abort('cancelled');
    await (live?.ended ?? this.#endOpen(known, { status: 'cancelled' }));
    const run = await runs.get(known);
    if (!run) return refused(unknownRunFault);
    return run.status === 'cancelled' ? ok(run) : refused(finishedRunFault(run.status));
  }

  /** The runs of a thread that the store has, newest first. */
  async list(thread_id: string): Promise<readonly RunSummary[]> {
    const runs: RunSummary[] = [];
    for await (const { run_id, status, started_at, ended_at } of this.#recorded(thread_id)) {
      runs.push({ run_id, thread_id, status, started_at, ended_at });
    }
    return runs.sort((one, other) => other.started_at - one.started_at);
  }

  /**
   * Ends the runs of a thread, lets `eraseLog` erase its log, and removes the runs from the store. A request meanwhile
   * waits, and goes to the new thread.
   */
  async erase(thread_id: string, eraseLog: () => Promise<void>): Promise<void> {
    const before = this.#erasing.get(thread_id) ?? Promise.resolve();
    const erased = before.then(async () => {
      await this.#endAll(thread_id);
      await eraseLog();
      await this.#forgetAll(thread_id);
    });
    const settled = erased.catch(() => {});
    this.#erasing.set(thread_id, settled);
    try {
      await erased;
    } finally {
      if (this.#erasing.get(thread_id) === settled) this.#erasing.delete(thread_id);
    }
  }

  /**
   * Ends the runs that a former process, or a lost node, left open.
   *
   * @param gone nodes that are known to be lost; other nodes' runs are lost once their leases are over
   */
  async recover(gone?: ReadonlySet<string>): Promise<number> {
    const { store, clock, node } = this.#deps;
    const open = await store.runs.open();
    const lost = open.filter(
      (run) =>
        !this.#live.has(run.run_id) &&
        (run.node === node || gone?.has(run.node) || run.lease_until <= clock.wall()),
    );
    await Promise.all(lost.map((run) => this.#endOpen(run, NODE_LOST)));
    return lost.length;
  }

  /** Refuses new runs; existing ones continue. */
  refuse(): void {
    this.#closed = true;
  }

  /** Resolves when no run is left, or after `ms`. */
  async idle(ms: number): Promise<void> {
    const ended = Promise.all([...this.#live.values()].map((run) => run.ended));
    let cancel: Cancel = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = this.#deps.clock.after(ms, resolve);
    });
    await Promise.race([ended, late]);
    cancel();
  }

  /** Refuses new runs, ends the existing ones, and waits for their ends to be written, and for compactions. */
  async close(): Promise<void> {
    this.refuse();
    // mutant: a-stop-does-not-end-runs
    for (const run of this.#live.values()) run.abort('interrupted');
    await Promise.all([...this.#live.values()].map((run) => run.ended.then(() => run.compacted)));
    await Promise.all(this.#compactions);
    this.#leases.stop();
  }

  /** Resolves when no thread is being erased. */
  async settled(): Promise<void> {
    while (this.#erasing.size > 0) await Promise.all(this.#erasing.values());
  }

  async #submit(request: RunRequest): Promise<Result<RunHandle>> {
    const { thread_id, message_id } = request;
    const run_id =
      message_id === undefined ? this.#entropy.token(RUN_ID_BYTES) : runIdOf(thread_id, message_id);
    const taken = await (this.#asked.get(run_id) ?? this.#take(run_id, request));
    if (!taken.ok) return taken;
    const { record, live } = taken.value;
    if (record.fingerprint !== fingerprintOf(request)) return refused(reusedFault);
    return ok({
      record,
      isRepeated: live?.request !== request,
      ended: live?.ended ?? endedElsewhere(record),
      leave: live?.join() ?? (() => {}),
    });
  }

  #liveOn(thread_id: string): readonly LiveRun[] {
    return [...this.#live.values()].filter(({ request }) => request.thread_id === thread_id);
  }

  #take(run_id: string, request: RunRequest): Promise<Taken> {
    const taken = this.#lookOrOpen(run_id, request);
    this.#asked.set(run_id, taken);
    const forget = () => {
      this.#asked.delete(run_id);
    };
    taken.then((result) => {
      // A live run is found here, an ended one in the store.
      if (result.ok && result.value.live) void result.value.live.ended.then(forget);
      else forget();
    }, forget);
    return taken;
  }

  async #lookOrOpen(run_id: string, request: RunRequest): Promise<Taken> {
    const { runs } = this.#deps.store;
    const known = await this.#find(run_id, request);
    if (known) return ok({ record: known });
    const reason = this.#whyNot(request);
    if (reason) return refused(reason);
    const previous = this.#liveOn(request.thread_id);
    const live = new LiveRun(run_id, request, this.#deps);
    const record = await this.#begin(live);
    if (record && request.policy === 'cancel_previous') {
      for (const run of previous) run.abort('cancelled');
    }
    if (record) return ok({ record, live });
    const other = await runs.get({ thread_id: request.thread_id, run_id });
    return other ? ok({ record: other }) : refused(goneFault);
  }

  /** The existing run of a repeated message. Resolves once the thread is not being erased. */
  async #find(
    run_id: string,
    { thread_id, message_id }: RunRequest,
  ): Promise<RunRecord | undefined> {
    for (;;) {
      await this.#erasing.get(thread_id);
      const named = message_id !== undefined;
      const known = named ? await this.#deps.store.runs.get({ thread_id, run_id }) : undefined;
      if (!this.#erasing.has(thread_id)) return known;
    }
  }

  /** Enters the run in all lists at once, so that counts and aborts include it from now on. */
  #begin(live: LiveRun): Promise<RunRecord | undefined> {
    const { run_id } = live;
    const opened = live.open();
    this.#live.set(run_id, live);
    this.#leases.start();
    void this.#queues
      .enter(live.request.thread_id, (turn) => live.perform(opened, turn))
      .then(() => {
        this.#live.delete(run_id);
        this.#remember(live);
        this.#compactions.add(live.compacted);
        void live.compacted.then(() => this.#compactions.delete(live.compacted));
      });
    return opened;
  }

  #remember({ record, request, progress }: LiveRun): void {
    // The store has refused it, or has it already.
    if (!record) return;
    this.#ended.push({ record, user_id: request.user_id, progress });
    if (this.#ended.length > ENDED_RUNS) this.#ended.shift();
  }

  #whyNot(request: RunRequest): Fault | undefined {
    const { thread_id, policy = 'queue', responder } = request;
    const { settings, hits } = this.#deps;
    if (!responder && !this.#deps.responder) return noResponderFault;
    if (this.#closed)
      return fault('draining', 'The server is about to stop. Try again in a moment.');
    const length = this.#queues.length(thread_id);
    if (policy === 'reject' && length > 0) return busyFault;
    // Cancelled runs make room.
    if (policy === 'queue' && length >= settings.maxRunsPerThread) {
      return tooMany(
        'maxRunsPerThread',
        settings.maxRunsPerThread,
        'Too many replies on this thread',
      );
    }
    const open = [...this.#live.values()].map((run) => run.request);
    const limit = exceededBy(request, open, settings.limits);
    if (!limit) return undefined;
    const { address, user_id } = request;
    hits.add(limit, { thread_id, address, user_id });
    const what = limit === 'runs' ? 'Too many replies' : 'Too many replies of this user';
    return tooMany(limit, settings.limits[limit], what);
  }

  async #endAll(thread_id: string): Promise<void> {
    const live = this.#liveOn(thread_id);
    for (const run of live) run.abort('erased');
    await Promise.all(live.map(({ ended }) => ended));
    for await (const run of this.#recorded(thread_id)) {
      if (run.status === 'running') await this.#endOpen(run, { status: 'cancelled' });
    }
  }

  async #forgetAll(thread_id: string): Promise<void> {
    const { logs, runs } = this.#deps.store;
    for await (const run of this.#recorded(thread_id)) {
      if (run.log_id !== thread_id) await logs.delete(run.log_id);
      await runs.remove(run);
    }
  }

  /** The runs of a thread that the store knows; they may be removed meanwhile. */
  async *#recorded(thread_id: string): AsyncGenerator<RunRecord> {
    for (let after = ''; ; ) {
      const page = await this.#deps.store.runs.ofThread(thread_id, after, RECORDS_PER_PAGE);
      yield* page;
      const last = page.at(-1);
      if (!last || page.length < RECORDS_PER_PAGE) return;
      after = last.run_id;
    }
  }

  /** Ends a run that is open and not produced here. Resolves with whether it was still open. */
  async #endOpen(run: RunRecord, end: RunEnd): Promise<boolean> {
    const { store, trace, tracing } = this.#deps;
    const { run_id, thread_id } = run;
    const taken = await store.runs.takeOver(run);
    if (!taken) return false;
    const written = await new RunWriter(store.logs, taken).end(end);
    if (!written) return false;
    trace('run_finished', { run_id, thread_id, status: end.status });
    if (taken.traceparent !== undefined) tracing?.endedLost(taken, taken.traceparent, end);
    return true;
  }
}

/** Only its terminal part shows that a run of another node has ended. */
const endedElsewhere = ({ status }: RunRecord): Promise<void> =>
  status === 'running' ? new Promise(() => {}) : Promise.resolve();

const tooMany = (name: string, quota: number, what: string): Fault =>
  limitFault(
    { name, quota, unit: 'concurrent-requests' },
    `${what} are waiting to be produced. Try again later.`,
    RETRY_BUSY_MS,
  );

const noResponderFault = fault(
  'no_responder',
  'Nothing on this server produces replies. Give attachSessions a `responder`, or start the run with sessions.run().',
);

const goneFault = fault('unavailable', 'The run was erased during this request. Try again.');
