/** A session's stay on a connection, from its record and its position: the same in both dialects. */

import type { Clock } from '../clock.js';
import type { Position } from '../core/position.js';
import { asError } from '../errors.js';
import type { Logger, Trace } from '../observe/trace.js';
import type { SessionSettings } from '../options.js';
import type { SessionRecord, SessionStay } from '../stores/store.js';
import { type Frame, type Pacer, Pump, type PumpLink } from '../threads/pump.js';
import type { ThreadLease } from '../threads/threads.js';
import { type Peer, Session, type SessionParts } from './session.js';

export interface OpenSessionTools {
  readonly clock: Clock;
  readonly settings: SessionSettings;
  readonly pacer: Pacer;
  readonly trace: Trace;
  readonly logger: Logger;
}

export interface OpenSessionParts extends Pick<SessionParts, 'granted'> {
  readonly record: SessionRecord;
  readonly peer: Peer;
  readonly link: PumpLink;
  readonly position: Position;
  /** Given back when the stay ends. */
  readonly lease: ThreadLease;
}

/** Makes the session, its pump at the position and not started yet. */
export function openSession(tools: OpenSessionTools, parts: OpenSessionParts): Session {
  const { settings, clock, pacer, logger, trace } = tools;
  const { record, peer, link, position, lease, granted } = parts;
  const { session_id, thread_id } = record;
  const pump = new Pump({
    log: lease.log,
    link,
    window: settings.window,
    frame: { maxBytes: settings.maxFrameBytes, maxEvents: settings.maxFrameEvents, spans: true },
    position,
    pacer,
    onError: (error) => logger.error({ err: asError(error), thread_id }, 'Cannot read the log'),
    onAnnounce: (frame) => traceAnnouncement(trace, { session_id, thread_id }, frame),
  });
  const removeReader = lease.log.add(pump);
  const release = () => {
    removeReader();
    lease.release();
  };
  const now = clock.now();
  return new Session({
    record,
    peer,
    log: lease.log,
    pump,
    now,
    release,
    ...(granted && { granted }),
  });
}

/** The stay that begins on a connection. */
export const newStay = (peer: Peer, wall: number): SessionStay => ({
  connection: peer.id,
  transport: peer.transport,
  connected_at: wall,
  active_at: wall,
  pinged_at: null,
});

function traceAnnouncement(
  trace: Trace,
  ids: { readonly session_id: string; readonly thread_id: string },
  { gap, reset }: Frame,
): void {
  if (reset) trace('reset', { ...ids, reason: reset.reason, from: reset.from });
  if (gap) trace('gap', { ...ids, reason: gap.reason, gap_from: gap.from, gap_to: gap.to });
}
