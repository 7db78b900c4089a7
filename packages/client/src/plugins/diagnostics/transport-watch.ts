/**
 * Records the link's transports: for how long each was used, how upgrades ended, why it is still polling. It takes
 * events, and gives a summary on request.
 */

import type { Transport } from '@session-monitor/protocol';
import type { CoreEvent } from '../../core/events.js';
import type { TransportOptions } from '../../follower/socket-link.js';

/** One use of a transport by the connection. */
export interface TransportChange {
  /** ISO 8601. */
  readonly at: string;
  readonly change: 'connect' | 'upgrade' | 'upgrade_failed' | 'close';
  /** The transport in use from then on; null for none. */
  readonly transport: Transport | null;
  readonly reason?: string;
}

/** Packets of Engine.IO, heartbeats among them, since the monitor was started. */
export interface Traffic {
  readonly messages: number;
  /** UTF-16 code units of texts, bytes of binary data: what the page sees, before compression. */
  readonly size: number;
}

/** The transports that a connection has used, and for how long. */
export interface TransportSummary {
  readonly current: Transport | null;
  /** Milliseconds spent on each so far. */
  readonly polling_ms: number;
  readonly websocket_ms: number;
  /** Why it is polling and not websocket; null if it is not, or has only just begun. */
  readonly why_polling: string | null;
  /** Newest last. */
  readonly history: readonly TransportChange[];
  readonly received: Traffic;
  readonly sent: Traffic;
}

const MAX_HISTORY = 30;
/** An upgrade takes a few round trips; after this it is not under way any more. */
const UPGRADE_TAKES_MS = 10_000;

export class TransportWatch {
  readonly #transportOptions: () => TransportOptions;
  #history: TransportChange[] = [];
  #current: Transport | null = null;
  /** When the current one began to be counted. */
  #since = 0;
  #connectedAt = 0;
  #spent = { polling: 0, websocket: 0 };
  /** Of this connection. */
  #failure: string | undefined;
  #received: Traffic = { messages: 0, size: 0 };
  #sent: Traffic = { messages: 0, size: 0 };

  constructor(transportOptions: () => TransportOptions) {
    this.#transportOptions = transportOptions;
  }

  /** @param now monotonic milliseconds @param wall milliseconds since 1970 */
  onEvent(event: CoreEvent, now: number, wall: number): void {
    switch (event.type) {
      case 'transport': {
        const { change, transport } = event;
        if (change === 'connect') {
          this.#connectedAt = now;
          this.#failure = undefined;
        }
        this.#change({ change, transport }, now, wall);
        return;
      }
      case 'upgrade_failed':
        this.#failure = event.reason;
        this.#change(
          { change: 'upgrade_failed', transport: this.#current, reason: event.reason },
          now,
          wall,
        );
        return;
      case 'link_down':
        if (this.#current === null) return;
        this.#change(
          { change: 'close', transport: null, reason: `by the ${event.end}` },
          now,
          wall,
        );
        return;
      default:
    }
  }

  count(direction: 'received' | 'sent', data: unknown): void {
    const before = direction === 'received' ? this.#received : this.#sent;
    const after = { messages: before.messages + 1, size: before.size + sizeOf(data) };
    if (direction === 'received') this.#received = after;
    else this.#sent = after;
  }

  summary(now: number): TransportSummary {
    this.#countTime(now);
    return {
      current: this.#current,
      polling_ms: Math.round(this.#spent.polling),
      websocket_ms: Math.round(this.#spent.websocket),
      why_polling: this.#whyPolling(now),
      history: this.#history,
      received: this.#received,
      sent: this.#sent,
    };
  }

  #change(change: Omit<TransportChange, 'at'>, now: number, wall: number): void {
    this.#countTime(now);
    this.#current = change.transport;
    const entry = { at: new Date(wall).toISOString(), ...change };
    this.#history = [...this.#history, entry].slice(-MAX_HISTORY);
  }

  #countTime(now: number): void {
    if (this.#current === 'polling' || this.#current === 'websocket') {
      this.#spent[this.#current] += now - this.#since;
    }
    this.#since = now;
  }

  #whyPolling(now: number): string | null {
    if (this.#current !== 'polling') return null;
    const { transports, upgrade } = this.#transportOptions();
    if (Array.isArray(transports) && !transports.includes('websocket')) {
      return "The app allows no WebSocket: its socket's option 'transports' does not name it.";
    }
    if (upgrade === false)
      return "The app allows no upgrade: its socket's option 'upgrade' is false.";
    if (this.#failure !== undefined) {
      return `The upgrade failed (${this.#failure}): often a proxy blocks WebSockets.`;
    }
    if (now - this.#connectedAt < UPGRADE_TAKES_MS) return null;
    return 'No upgrade was made: the server offers none, or a proxy blocks WebSockets.';
  }
}

function sizeOf(data: unknown): number {
  if (typeof data === 'string') return data.length;
  if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) return data.byteLength;
  return 0;
}
