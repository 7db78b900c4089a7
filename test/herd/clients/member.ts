/** A session of the herd: a Socket.IO client with a monitor, and what the monitor saw. */

import { Agent } from 'node:http';
import { SessionMonitor } from '@session-monitor/client';
import { io } from 'socket.io-client';
import { TRANSPORTS, type TransportCase } from '../../support/client.js';
import { until } from '../../support/until.js';
import { Sequence } from './sequence.js';

const EVENT = 'numbered';
const LIVE_MS = 120_000;

export interface MemberOptions {
  readonly url: string;
  /** The loopback address that it connects from. */
  readonly address: string;
  readonly transport: TransportCase;
  readonly thread_id: string;
  readonly token: string;
}

export class Member {
  readonly sequence = new Sequence();
  readonly #monitor: SessionMonitor;
  /** Since when the monitor follows its thread, in milliseconds since 1970; undefined while it does not. */
  #followsSince: number | undefined;
  /** Refused for good: the monitor does not try again. */
  refused = false;
  /** Gaps and resets, which announce that events are lost. */
  announced = 0;

  constructor({ url, address, transport, thread_id, token }: MemberOptions) {
    const transports = [...TRANSPORTS[transport]];
    const socket = io(url, { transports, forceNew: true, ...optionsFor(address) });
    this.#monitor = new SessionMonitor(socket, { thread_id, token, storage: null });
    this.#monitor.on('status', () => this.#note());
    this.#monitor.on(EVENT, (data) => this.sequence.see((data as { readonly n: number }).n));
    this.#monitor.on('gap', () => this.#announce());
    this.#monitor.on('reset', () => this.#announce());
    this.#monitor.on('failed', () => {
      this.refused = true;
    });
    this.#monitor.start();
  }

  async untilLive(): Promise<void> {
    await until('a session of the herd is live', () => this.#monitor.status.state === 'live', {
      timeoutMs: LIVE_MS,
      state: () => this.#monitor.status,
    });
  }

  /** Publishes an event to its thread; resolves when it is acknowledged, however often it has to be sent. */
  async publish(n: number): Promise<void> {
    await this.#monitor.send(EVENT, { n });
  }

  /** When it was live again after this time; undefined if it is not. Milliseconds since 1970. */
  liveAgainAfter(time: number): number | undefined {
    const since = this.#followsSince;
    return since !== undefined && since > time ? since : undefined;
  }

  #announce(): void {
    this.announced += 1;
  }

  #note(): void {
    const { state } = this.#monitor.status;
    if (state !== 'live' && state !== 'degraded') this.#followsSince = undefined;
    else this.#followsSince ??= Date.now();
  }
}

/** What makes connections come from an address. The types of the socket's options are those for browsers. */
const optionsFor = (address: string): object => ({
  // For WebSockets.
  localAddress: address,
  // For polling, which keeps its connections, as a browser does.
  agent: new Agent({ localAddress: address, keepAlive: true }),
});
