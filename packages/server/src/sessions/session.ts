/**
 * A session while a connection carries it: its record, its pump, and its last activity. Without a connection a session
 * is only its record in the store.
 */

import type { ClientInfo, Receipt, Transport } from '@session-monitor/protocol';
import type { PingedSession } from '@session-monitor/protocol/rules';
import type { Activity } from '../core/activity.js';
import { decayed, increased } from '../core/delivery-rate.js';
import type { SessionRecord } from '../stores/store.js';
import type { LinkMember, Pump } from '../threads/pump.js';
import type { ThreadLog } from '../threads/thread-log.js';
import type { ThreadLease } from '../threads/threads.js';

/** One connection, as sessions see it. */
export interface Peer {
  readonly id: string;
  readonly transport: Transport;
  /** Of the client, or of the proxy in front of the server. */
  readonly address: string;
  /** Whether the connection is gone: nothing that is sent now arrives. */
  readonly closed: boolean;
  /** The link to a session over this connection. */
  link(session_id: string, thread_id: string): LinkMember;
  /** The link to the connection's v1 session, which reports to `handlers`. */
  v1Link(handlers: V1LinkHandlers): LinkMember;
  /** Sends one event with one argument. */
  notify(event: string, payload: object): void;
  /** Ends the connection in a way that makes its client reconnect by itself. */
  drop(): void;
  /** The same, and discards what waits to be sent. */
  cut(): void;
}

/** A v1 client acknowledges nothing: its transport reports what has arrived. */
export interface V1LinkHandlers {
  /** A frame, and what was sent before it, has surely arrived. */
  readonly onArrived: (epoch: string, offset: number) => void;
  /** A frame was handed to the transport. */
  readonly onSent: (epoch: string, offset: number) => void;
}

/** The result of a v2 registration. */
interface Granted {
  /** The answer to the session's newest registration; sent again if that is repeated. */
  readonly receipt: Receipt;
  /** The owner's token, for later calls of `authorize`. Never stored or logged. */
  readonly token: string | undefined;
}

export interface SessionDeps {
  readonly record: SessionRecord;
  readonly peer: Peer;
  /** Released when the stay ends. */
  readonly lease: ThreadLease;
  readonly pump: Pump;
  /** Absent in v1. */
  readonly granted?: Granted;
  /** Monotonic milliseconds. */
  readonly now: number;
}

export class Session {
  /** As it was written last. */
  record: SessionRecord;
  readonly peer: Peer;
  readonly pump: Pump;
  readonly granted: Granted | undefined;
  /** When its stay on this connection began, in monotonic milliseconds. */
  readonly attachedAt: number;
  /** When the client pinged last, in monotonic milliseconds. */
  pingedAt: number | null = null;
  /** The round-trip time that the client has measured, in milliseconds. */
  rttMs: number | null = null;
  /** The client's description of itself; for display only, not to be trusted. */
  clientInfo: ClientInfo | null = null;
  /** When the client acknowledged an event last, in monotonic milliseconds; null if it has not on this connection. */
  acknowledgedAt: number | null = null;
  /** Acknowledged events per second, as of then. */
  #deliveryRate = 0;
  /** Its offsets at the newest sample of the trace, added up. */
  sampledPlace = -1;
  #activity: Activity;
  readonly #lease: ThreadLease;
  /** What ends with its stay on the connection, if anything does. */
  #onDetach: (() => void) | undefined;

  constructor(deps: SessionDeps) {
    this.record = deps.record;
    this.peer = deps.peer;
    this.pump = deps.pump;
    this.granted = deps.granted;
    this.attachedAt = deps.now;
    this.#activity = { lastAt: deps.now, askedAt: null };
    this.#lease = deps.lease;
  }

  get id(): string {
    return this.record.session_id;
  }

  get log(): ThreadLog {
    return this.#lease.log;
  }

  /** Where it is, for a pong. */
  get place(): PingedSession {
    const { thread_id, generation } = this.record;
    const { epoch, sent, waiting } = this.pump;
    return { thread_id, generation, epoch, head: this.log.head.offset, sent, waiting };
  }

  get activity(): Activity {
    return this.#activity;
  }

  /** A packet of the session has arrived, or (v1) an event has arrived at its client. */
  touch(now: number): void {
    this.#activity = { lastAt: now, askedAt: null };
  }

  /** The client acknowledges, or (v1) an event has arrived at it. */
  acknowledge(epoch: string, offset: number, now: number): void {
    this.touch(now);
    const events = this.pump.acknowledge(epoch, offset);
    if (events === 0) return;
    this.#deliveryRate = increased(this.deliveryRate(now), events);
    this.acknowledgedAt = now;
  }

  /** Acknowledged events per second, of late. */
  deliveryRate(now: number): number {
    return this.acknowledgedAt === null
      ? 0
      : decayed(this.#deliveryRate, now - this.acknowledgedAt);
  }

  /** A `system_ping` was sent to the session. */
  asked(now: number): void {
    this.#activity = { ...this.#activity, askedAt: now };
  }

  /** Calls back once: when its stay on the connection ends, or when another callback takes its place. */
  onDetach(call: () => void): void {
    this.#onDetach?.();
    this.#onDetach = call;
  }

  /** Ends the session's stay on its connection. */
  detach(): void {
    this.#onDetach?.();
    this.#onDetach = undefined;
    this.pump.stop();
    this.#lease.release();
  }
}

/** A session's id on the wire: in v1 the id of its socket. */
export const nameOf = ({ record }: Pick<Session, 'record'>): string =>
  record.dialect === 1 ? record.stay.connection : record.session_id;
