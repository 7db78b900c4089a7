/** The load's process: subscribers, and what they have seen. */

import { tellProgress } from './control.js';
import { type Subscriber, subscribe } from './load/subscriber.js';
import type { Dialect } from './peers/peer.js';
import { answerWith } from './processes.js';
import { quantile } from './statistics.js';
import { clockMs, memory, usage } from './usage.js';

export interface ConnectOptions {
  readonly port: number;
  readonly dialect: Dialect;
  readonly threads: readonly string[];
  readonly sessionsPerThread: number;
}

/** Connections that are being made at a time: a listening socket's queue is short. */
const AT_A_TIME = 64;

const subscribers: Subscriber[] = [];
const counts: number[] = [];
let delivered = 0;
let latencies: number[] | undefined;
let onDelivered: () => void = () => {};

const handlers = {
  async connect({ port, dialect, threads, sessionsPerThread }: ConnectOptions) {
    const wanted = threads.flatMap((thread) => Array<string>(sessionsPerThread).fill(thread));
    const connectNext = async () => {
      for (let thread = wanted.pop(); thread !== undefined; thread = wanted.pop()) {
        const index = counts.push(0) - 1;
        const onEvent = ({ t }: { readonly t: number }) => {
          delivered += 1;
          counts[index] = (counts[index] ?? 0) + 1;
          if (t > 0) latencies?.push(clockMs() - t);
          onDelivered();
        };
        const subscriber = subscribe({ port, dialect, thread, onEvent });
        subscribers.push(subscriber);
        await subscriber.joined;
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, connectNext));
  },

  /** Tells the server how far the slowest has come, in turns of `events`. */
  async reportTo({ port, events }: { readonly port: number; readonly events: number }) {
    const tell = await tellProgress(port);
    let told = 0;
    let scheduled = false;
    const report = () => {
      scheduled = false;
      const slowest = Math.floor(
        counts.reduce((low, count) => Math.min(low, count), Infinity) / events,
      );
      if (slowest === told) return;
      told = slowest;
      tell(slowest);
    };
    onDelivered = () => {
      if (scheduled) return;
      scheduled = true;
      setImmediate(report);
    };
  },

  count: () => ({ delivered, ...usage() }),

  /** Begins to write latencies down. */
  measure() {
    latencies = [];
  },

  latency() {
    const sorted = (latencies ?? []).sort((a, b) => a - b);
    latencies = undefined;
    return {
      events: sorted.length,
      p50: quantile(sorted, 0.5),
      p99: quantile(sorted, 0.99),
      max: sorted.at(-1) ?? Number.NaN,
    };
  },

  usage: () => usage(),
  memory: () => memory(),

  disconnect() {
    for (const subscriber of subscribers) subscriber.close();
  },
};

export type LoadHandlers = typeof handlers;

answerWith(handlers);
