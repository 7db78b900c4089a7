/**
 * Samples how long publications take: until they are durable, until a session was sent the event, until one has
 * acknowledged it.
 *
 *     append ──► durable ──► sent past the mark ──► acknowledged past it
 *        └ a mark on the thread's log, if it has none
 *
 * A time for each event would cost more than sending it. One append at a time is followed to its end, and a log has one
 * mark at a time.
 */

import type { AppendOutcome } from '../../stores/store.js';
import type { Clock } from '../../util/clock.js';
import type { FollowedAppend, Histograms } from './metrics.js';

/** A reader that came later would count the time in which there was none. */
const MAX_MARK_MS = 60_000;

/** The part of a thread's log that carries a mark. */
export interface MarkedLog {
  readonly subscribers: number;
  mark: PublishMark | undefined;
}

interface PublishSamplesDeps {
  /** Kept up to date here. */
  readonly appending: FollowedAppend;
  readonly clock: Pick<Clock, 'now'>;
  readonly histograms: Pick<
    Histograms,
    'publish_durable_seconds' | 'publish_sent_seconds' | 'publish_acknowledged_seconds'
  >;
  /** The thread's log, if it has readers on this node. */
  readonly logOf: (thread_id: string) => MarkedLog | undefined;
}

export class PublishSamples {
  readonly #deps: PublishSamplesDeps;

  constructor(deps: PublishSamplesDeps) {
    this.#deps = deps;
  }

  /** Follows an append that has just been requested, unless another one is followed. */
  follow(thread_id: string, appended: Promise<AppendOutcome>): void {
    const { clock, histograms, appending } = this.#deps;
    if (appending.since !== undefined) return;
    const requestedAt = clock.now();
    appending.since = requestedAt;
    const mark = this.#beginMark(thread_id, requestedAt);
    appended.then(
      (outcome) => {
        appending.since = undefined;
        if (outcome.outcome === 'appended') {
          histograms.publish_durable_seconds.observe((clock.now() - requestedAt) / 1_000);
          mark?.appended(outcome.epoch, outcome.last);
        } else mark?.drop();
      },
      () => {
        appending.since = undefined;
        mark?.drop();
      },
    );
  }

  #beginMark(thread_id: string, requestedAt: number): PublishMark | undefined {
    const log = this.#deps.logOf(thread_id);
    if (!log || log.subscribers === 0 || log.mark?.isYoung(requestedAt)) return undefined;
    log.mark = new PublishMark(this.#deps, log, requestedAt);
    return log.mark;
  }
}

/** An event on its way to the sessions that follow its thread. */
export class PublishMark {
  readonly #deps: PublishSamplesDeps;
  readonly #log: MarkedLog;
  readonly #requestedAt: number;
  #epoch = '';
  /** Where the event is in its log; undefined until its append is confirmed. */
  #offset: number | undefined;
  /** The furthest frame until then, and when it was sent: readers are woken before the append resolves. */
  #furthest = 0;
  #furthestAt = 0;
  #isSent = false;

  constructor(deps: PublishSamplesDeps, log: MarkedLog, requestedAt: number) {
    this.#deps = deps;
    this.#log = log;
    this.#requestedAt = requestedAt;
  }

  isYoung(now: number): boolean {
    return now - this.#requestedAt <= MAX_MARK_MS;
  }

  /** The event is durable, at this offset. */
  appended(epoch: string, offset: number): void {
    this.#epoch = epoch;
    this.#offset = offset;
    if (this.#furthest >= offset) this.#observeSent(this.#furthestAt);
  }

  /** A session was sent what its log has up to an offset. */
  sent(epoch: string, to: number): void {
    if (this.#isSent) return;
    if (this.#offset === undefined) {
      if (to <= this.#furthest) return;
      this.#furthest = to;
      this.#furthestAt = this.#deps.clock.now();
    } else if (epoch !== this.#epoch) this.drop();
    else if (to >= this.#offset) this.#observeSent(this.#deps.clock.now());
  }

  /** A session has acknowledged what its log has up to an offset. */
  acknowledged(epoch: string, offset: number): void {
    if (!this.#isSent || epoch !== this.#epoch || offset < (this.#offset ?? 0)) return;
    this.#observe('publish_acknowledged_seconds', this.#deps.clock.now());
    this.drop();
  }

  /** Makes room for another mark. */
  drop(): void {
    if (this.#log.mark === this) this.#log.mark = undefined;
  }

  #observeSent(at: number): void {
    this.#isSent = true;
    this.#observe('publish_sent_seconds', at);
  }

  #observe(name: 'publish_sent_seconds' | 'publish_acknowledged_seconds', at: number): void {
    if (!this.isYoung(at)) this.drop();
    else this.#deps.histograms[name].observe((at - this.#requestedAt) / 1_000);
  }
}
