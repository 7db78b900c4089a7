/**
 * Samples each session once a minute if its place has changed. It walks through the sessions a part at a time, spread over
 * the minute, so that what is frequent (frames, acknowledgements) does nothing for it.
 */

import type { Session } from '../../sessions/session.js';
import type { Cancel, Clock } from '../../util/clock.js';
import type { Trace } from '../trace.js';

const TICK_MS = 1_000;
const TICKS = 60;

export interface SamplerDeps {
  readonly clock: Pick<Clock, 'now' | 'after'>;
  /** The sessions on a connection: a live collection, which may change between two parts of a walk. */
  readonly sessions: { readonly size: number; connected(): Iterable<Session> };
  readonly trace: Trace;
}

export class Sampler {
  readonly #deps: SamplerDeps;
  #walk: Iterator<Session> | undefined;
  /** Ticks of this minute. */
  #ticks = 0;
  #cancel: Cancel | undefined;

  constructor(deps: SamplerDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#cancel = this.#deps.clock.after(TICK_MS, () => {
      this.#tick();
      this.start();
    });
  }

  stop(): void {
    this.#cancel?.();
  }

  /** A walk that is done early begins again with the next minute. */
  #tick(): void {
    const { sessions } = this.#deps;
    if (this.#ticks === 0) this.#walk ??= sessions.connected()[Symbol.iterator]();
    this.#ticks = (this.#ticks + 1) % TICKS;
    const part = Math.ceil(sessions.size / TICKS);
    for (let n = 0; n < part && this.#walk; n += 1) {
      const next = this.#walk.next();
      if (next.done) this.#walk = undefined;
      else this.#sample(next.value);
    }
  }

  #sample(session: Session): void {
    const { record, peer, pump, log, rttMs } = session;
    const { acknowledged, sent } = pump;
    const head = log.head.offset;
    // Each only grows within an epoch, and the step `reset` tells of another epoch.
    const place = head + sent + acknowledged;
    if (place === session.sampledPlace) return;
    session.sampledPlace = place;
    this.#deps.trace('sample', {
      session_id: session.id,
      thread_id: record.thread_id,
      transport: peer.transport,
      acknowledged,
      sent,
      head,
      in_flight_bytes: pump.inFlightBytes,
      waiting: pump.waiting ?? undefined,
      ack_age_ms: Math.round(
        this.#deps.clock.now() - (session.acknowledgedAt ?? session.attachedAt),
      ),
      rtt_ms: rttMs ?? undefined,
    });
  }
}
