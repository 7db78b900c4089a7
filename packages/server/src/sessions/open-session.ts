/** Opens a session's stay on a connection, from its record and its position: the same in both dialects. */

import type { Waiting } from '@session-monitor/protocol';
import type { Detail } from '../observe/session-trace/detail.js';
import type { DeliveryReader } from '../observe/tracing/deliveries.js';
import type { ServerDeps } from '../server-deps.js';
import type { SessionAttachment, SessionRecord } from '../stores/store.js';
import {
  type Frame,
  type LinkMember,
  type Pacer,
  Pump,
  type PumpObserver,
  type PumpPosition,
} from '../threads/pump.js';
import type { ThreadLease } from '../threads/threads.js';
import { asError } from '../util/errors.js';
import { type Peer, Session, type SessionDeps } from './session.js';

export interface OpenSessionTools
  extends Pick<ServerDeps, 'clock' | 'settings' | 'trace' | 'logger' | 'metrics' | 'tracing'> {
  /** What is traced in detail. */
  readonly detail: Detail;
  readonly pacer: Pacer;
}

export interface OpenSessionDeps extends Pick<SessionDeps, 'granted'> {
  readonly record: SessionRecord;
  readonly peer: Peer;
  readonly link: LinkMember;
  readonly position: PumpPosition;
  /** Released when the stay ends. */
  readonly lease: ThreadLease;
}

/** Creates the session, with its pump at the position and not started yet. */
export function openSession(tools: OpenSessionTools, deps: OpenSessionDeps): Session {
  const { settings, clock, pacer, metrics } = tools;
  const { record, peer, link, position, lease, granted } = deps;
  const pump = new Pump({
    log: lease.log,
    link,
    window: settings.window,
    frame: {
      maxBytes: settings.maxFrameBytes,
      maxEvents: settings.maxFrameEvents,
      compacted: true,
    },
    position,
    pacer,
    observer: new PumpReport(tools, record, peer),
    counts: metrics.pumps.socket,
  });
  lease.wakes(pump);
  return new Session({ record, peer, lease, pump, now: clock.now(), ...(granted && { granted }) });
}

/** A session as its steps name it. */
interface SessionIds {
  readonly session_id: string;
  readonly thread_id: string;
  readonly user_id: string | null;
  readonly connection: string;
}

/** Reports a pump's errors, gaps and resets to the log and the trace, and what it does if its session is watched. */
class PumpReport implements PumpObserver {
  readonly #tools: Pick<OpenSessionTools, 'trace' | 'logger' | 'detail'>;
  readonly #ids: SessionIds;
  /** Absent while nothing is traced by OpenTelemetry. */
  readonly #delivery: DeliveryReader | undefined;

  constructor(
    tools: OpenSessionTools,
    { session_id, thread_id, user_id }: SessionRecord,
    peer: Peer,
  ) {
    this.#tools = tools;
    this.#ids = { session_id, thread_id, user_id, connection: peer.id };
    this.#delivery = tools.tracing?.deliveries.reader({ log_id: thread_id, session_id, peer });
  }

  onError(error: unknown): void {
    const fields = { err: asError(error), thread_id: this.#ids.thread_id };
    this.#tools.logger.error(fields, 'Cannot read the log');
  }

  onAnnounce({ gap, reset }: Frame): void {
    const { trace } = this.#tools;
    const { session_id, thread_id } = this.#ids;
    const ids = { session_id, thread_id };
    if (reset) trace('reset', { ...ids, reason: reset.reason, from: reset.from });
    if (gap) trace('gap', { ...ids, reason: gap.reason, gap_from: gap.from, gap_to: gap.to });
  }

  onFrame(frame: Frame): boolean {
    const asks = this.#delivery?.onFrame(frame) === true;
    if (!this.#isWatched()) return asks;
    const { offset, slice, ack } = frame;
    const to = slice?.to ?? offset - 1;
    const { events, bytes } = slice ?? { events: 0, bytes: 0 };
    const counts = { from: offset, to, events, bytes };
    this.#tools.trace('frame', { ...this.#ids, ...counts, asks_ack: ack || asks });
    return asks;
  }

  onAcknowledged(epoch: string, offset: number): void {
    this.#delivery?.onAcknowledged(epoch, offset);
  }

  onTold(
    told: number,
    same_epoch: boolean,
    {
      acknowledged: offset,
      inFlightBytes: in_flight_bytes,
    }: Pick<Pump, 'acknowledged' | 'inFlightBytes'>,
  ): void {
    if (!this.#isWatched()) return;
    const fields = { told, same_epoch, offset, in_flight_bytes };
    this.#tools.trace('acknowledged', { ...this.#ids, ...fields });
  }

  onStop(): void {
    this.#delivery?.onStop();
  }

  onPause(waiting: Waiting): void {
    if (this.#isWatched()) this.#tools.trace('pause', { ...this.#ids, waiting });
  }

  onHold(ms: number): void {
    if (!this.#isWatched()) return;
    this.#tools.trace('timer', { ...this.#ids, timer: 'pacing', ms: Math.round(ms) });
  }

  /** Called for every frame: one comparison while nothing is watched. */
  #isWatched(): boolean {
    const { detail } = this.#tools;
    return detail.isOn && detail.covers(this.#ids);
  }
}

/** The stay that begins on a connection. */
export const newAttachment = (peer: Peer, wall: number): SessionAttachment => ({
  connection: peer.id,
  transport: peer.transport,
  connected_at: wall,
  active_at: wall,
  pinged_at: null,
});
