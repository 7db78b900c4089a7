/**
 * A session while a connection carries it: its record, its pump, and when it was last heard from.
 * Without a connection a session is only its record in the store.
 */

import type { Receipt, Transport } from '@session-monitor/protocol';
import type { SessionRecord } from '../stores/store.js';
import type { Pump, PumpLink } from '../threads/pump.js';
import type { ThreadLog } from '../threads/thread-log.js';

/** One connection, as sessions see it. */
export interface Peer {
  readonly id: string;
  readonly transport: Transport;
  /** Whether the connection is gone: nothing that is sent now arrives. */
  readonly closed: boolean;
  /** The way to a session over this connection. */
  link(session_id: string, thread_id: string): PumpLink;
  /** Sends one event with one argument. */
  notify(event: string, payload: object): void;
}

export interface SessionParts {
  readonly record: SessionRecord;
  readonly peer: Peer;
  readonly log: ThreadLog;
  readonly pump: Pump;
  readonly receipt: Receipt;
  /** What the owner proved itself with, for the questions that come later. */
  readonly token: string | undefined;
  readonly heardAt: number;
  /** Gives the log back. */
  readonly release: () => void;
}

export class Session {
  readonly record: SessionRecord;
  readonly peer: Peer;
  readonly log: ThreadLog;
  readonly pump: Pump;
  /** The answer to its newest registration; given again if that is repeated. */
  readonly receipt: Receipt;
  /** The token of its newest registration. Never stored, never logged. */
  readonly token: string | undefined;
  /** When a packet of this session last arrived, in monotonic milliseconds. */
  heardAt: number;
  readonly #release: () => void;

  constructor(parts: SessionParts) {
    this.record = parts.record;
    this.peer = parts.peer;
    this.log = parts.log;
    this.pump = parts.pump;
    this.receipt = parts.receipt;
    this.token = parts.token;
    this.heardAt = parts.heardAt;
    this.#release = parts.release;
  }

  get id(): string {
    return this.record.session_id;
  }

  /** Ends the session's stay on its connection. */
  detach(): void {
    this.pump.stop();
    this.#release();
  }
}
