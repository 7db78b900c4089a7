/**
 * The session trace of a server: what it keeps of the steps that `trace` tells, and the questions about them.
 *
 *     trace('step', …) ──► recorder ──► ring or files ◄── search ◄── question ──► the other nodes
 *                                            ▲               │
 *                                        erasures ──► reports ◄┘
 */

import type { Session } from '../../sessions/session.js';
import type { Store } from '../../stores/store.js';
import type { Cancel, Clock } from '../../util/clock.js';
import { asError } from '../../util/errors.js';
import { VERSION } from '../../version.js';
import type { ReportStore } from '../client-reports/report-store.js';
import type { StoreQuestions } from '../store-questions.js';
import type { Logger, Trace } from '../trace.js';
import type { TraceSubject } from './detail.js';
import { Erasures } from './erasures.js';
import { watchBlockedLoop } from './loop-watch.js';
import type { TracePeers } from './peers.js';
import type { Recording } from './recording.js';
import { Sampler } from './sampler.js';
import type { TracePage } from './search.js';
import { type TraceAnswer, TraceQuery } from './trace-query.js';
import type { TraceStore } from './trace-store.js';
import { Watches } from './watches.js';

/** A second look at all that is kept, for erasures. */
const CLOSE_MS = 5_000;

export interface SessionTraceDeps {
  readonly node: string;
  readonly recording: Recording;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly trace: Trace;
  /** The sessions on a connection. */
  readonly sessions: { readonly size: number; connected(): Iterable<Session> };
  readonly peers: TracePeers;
}

export class SessionTrace {
  readonly watches: Watches;
  readonly #deps: SessionTraceDeps;
  readonly #query: TraceQuery;
  readonly #erasures: Erasures;
  readonly #sampler: Sampler;
  readonly #stopWatching: Cancel;
  #recovering: Promise<void> = Promise.resolve();

  constructor(deps: SessionTraceDeps) {
    const { recording, clock, trace } = deps;
    const { lines, detail, reports } = recording;
    this.#deps = deps;
    this.#query = new TraceQuery({ ...deps, lines, reports });
    this.#erasures = new Erasures({ ...deps, lines: together(lines, reports) });
    this.watches = new Watches({ ...deps, detail });
    this.#sampler = new Sampler(deps);
    trace('process_started', { version: VERSION, kept: lines.kept });
    if (lines.kept !== 'nowhere') this.#sampler.start();
    this.#stopWatching = lines.kept === 'nowhere' ? () => {} : watchBlockedLoop(clock, trace);
  }

  /**
   * The store is in order again after a start.
   *
   * @param runs replies that a former process had left open; undefined where other nodes may have ended them
   */
  recovered(runs: number | undefined): void {
    this.#recovering = this.#lookBack(runs);
  }

  /** The lines about a session, a thread or a user, of all nodes. */
  ask(subject: TraceSubject, page: TracePage, store?: StoreQuestions): Promise<TraceAnswer> {
    return this.#query.ask(subject, page, store);
  }

  /** A thread was erased: its lines go. */
  erase(thread_id: string): Promise<void> {
    return this.#erasures.add(thread_id);
  }

  /** Writes what waits, if that does not take long: a disk that hangs holds up no stop. */
  async close(): Promise<void> {
    let cancel: Cancel = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = this.#deps.clock.after(CLOSE_MS, resolve);
    });
    await Promise.race([this.#close(), late]);
    cancel();
  }

  /** The last line tells that the process was stopped. */
  async #close(): Promise<void> {
    const { recording, trace } = this.#deps;
    this.#sampler.stop();
    this.#stopWatching();
    recording.stop();
    await this.#erasures.stop();
    await this.#recovering;
    trace('process_stopped', {});
    await recording.reports.close();
    await recording.lines.close();
  }

  /** Never rejects. */
  async #lookBack(runs: number | undefined): Promise<void> {
    const { recording, trace, logger } = this.#deps;
    try {
      const former = await recording.former;
      // Without files, replies that were left open tell of it.
      const isLeft = former ? former.step !== 'process_stopped' : runs !== undefined && runs > 0;
      if (isLeft) {
        trace('not_stopped', { runs, last_at: former?.time, former: former?.node });
      }
      await Promise.all([this.#erasures.catchUp(), this.watches.adopt()]);
    } catch (error) {
      logger.warn({ err: asError(error) }, 'The session trace does not know what came before');
    }
  }
}

/** What an erasure looks through: the lines, and the reports of clients. */
const together = (
  lines: Pick<TraceStore, 'scan' | 'erase' | 'kept'>,
  reports: ReportStore,
): Pick<TraceStore, 'scan' | 'erase' | 'kept'> => ({
  kept: lines.kept,
  async scan(visit) {
    await reports.scan(visit);
    await lines.scan(visit);
  },
  async erase(isErased) {
    await reports.erase(isErased);
    await lines.erase(isErased);
  },
});
