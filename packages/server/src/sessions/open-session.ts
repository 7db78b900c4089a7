/** Opens a session's stay on a connection, from its record and its position: the same in both dialects. */

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
  extends Pick<ServerDeps, 'clock' | 'settings' | 'trace' | 'logger'> {
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
  const { settings, clock, pacer } = tools;
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
    observer: new PumpReport(tools, record),
  });
  lease.wakes(pump);
  return new Session({ record, peer, lease, pump, now: clock.now(), ...(granted && { granted }) });
}

/** Reports a pump's errors, gaps and resets to the log and the trace. */
class PumpReport implements PumpObserver {
  readonly #tools: Pick<OpenSessionTools, 'trace' | 'logger'>;
  readonly #session_id: string;
  readonly #thread_id: string;

  constructor(
    tools: Pick<OpenSessionTools, 'trace' | 'logger'>,
    { session_id, thread_id }: SessionRecord,
  ) {
    this.#tools = tools;
    this.#session_id = session_id;
    this.#thread_id = thread_id;
  }

  onError(error: unknown): void {
    const fields = { err: asError(error), thread_id: this.#thread_id };
    this.#tools.logger.error(fields, 'Cannot read the log');
  }

  onAnnounce({ gap, reset }: Frame): void {
    const { trace } = this.#tools;
    const ids = { session_id: this.#session_id, thread_id: this.#thread_id };
    if (reset) trace('reset', { ...ids, reason: reset.reason, from: reset.from });
    if (gap) trace('gap', { ...ids, reason: gap.reason, gap_from: gap.from, gap_to: gap.to });
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
