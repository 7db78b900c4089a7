/** The load's process: subscribers, and the events they have received. */

import { answerWith } from '../../test/support/answer.mjs';
import { pause, until } from '../../test/support/until.js';
import { tellProgress } from './control.js';
import { subscribe } from './load/subscribe.js';
import type { Subscriber } from './load/subscriber.js';
import { Pacer } from './pacer.js';
import type { Dialect } from './peers/peer.js';
import { quantile } from './statistics.js';
import { clockMs, memory, usage } from './usage.js';

interface ConnectOptions {
  readonly port: number;
  readonly dialect: Dialect;
  readonly threads: readonly string[];
  readonly sessionsPerThread: number;
}

/** Connections opened at a time: a listening socket's queue is short. */
const AT_A_TIME = 64;

const subscribers: Subscriber[] = [];
const counts: number[] = [];
let delivered = 0;
let latencies: number[] | undefined;
let onDelivered: () => void = () => {};

const untilAllHave = (events: number): Promise<boolean> =>
  until('each has its events', () => counts.every((count) => count >= events), {
    timeoutMs: Number.POSITIVE_INFINITY,
    everyMs: 2,
  });

/** Runs `work` for each item, a few at a time. */
async function forEach<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const waiting = [...items];
  const next = async () => {
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, next));
}

const handlers = {
  async connect({ port, dialect, threads, sessionsPerThread }: ConnectOptions) {
    const wanted = threads.flatMap((thread) => Array<string>(sessionsPerThread).fill(thread));
    await forEach(wanted, (thread) => {
      const index = counts.push(0) - 1;
      const onEvent = ({ t }: { readonly t: number }) => {
        delivered += 1;
        counts[index] = (counts[index] ?? 0) + 1;
        if (t > 0) latencies?.push(clockMs() - t);
        onDelivered();
      };
      const subscriber = subscribe(dialect, { port, thread, onEvent });
      subscribers.push(subscriber);
      return subscriber.joined;
    });
  },

  /** Ends all connections without a closing handshake. */
  async cut() {
    await Promise.all(subscribers.map((subscriber) => subscriber.cut()));
  },

  /**
   * Connects all subscribers again. Resolves, with the milliseconds taken, when each follows its thread and
   * has received `events` events.
   */
  async comeBack({ events }: { readonly events: number }) {
    const startedAt = clockMs();
    const complete = untilAllHave(events);
    await forEach(subscribers, (subscriber) => {
      subscriber.connect();
      return subscriber.joined;
    });
    const joinedMs = clockMs() - startedAt;
    await complete;
    return { joinedMs, completeMs: clockMs() - startedAt };
  },

  /** Resolves when each subscriber has received `events` events. */
  async gotEvents(events: number) {
    await untilAllHave(events);
  },

  /** Pings as fast as the server answers, with `underWay` pings of each subscriber under way at a time. */
  async pingFor({ ms, underWay }: { readonly ms: number; readonly underWay: number }) {
    let pings = 0;
    const end = clockMs() + ms;
    const startedAt = clockMs();
    const pingOn = async (subscriber: Subscriber) => {
      while (clockMs() < end) {
        await subscriber.ping();
        pings += 1;
      }
    };
    await Promise.all(
      subscribers.flatMap((each) => Array.from({ length: underWay }, () => pingOn(each))),
    );
    return { pings, seconds: (clockMs() - startedAt) / 1_000 };
  },

  /** Each subscriber pings every `everyMs`, spread evenly, for `forMs`. Resolves with the number of pings. */
  async pingEvery({ everyMs, forMs }: { readonly everyMs: number; readonly forMs: number }) {
    let pings = 0;
    const pacer = new Pacer((subscribers.length * 1_000) / everyMs, () => {
      void subscribers[pings % subscribers.length]?.ping();
      pings += 1;
    });
    await pause(forMs);
    pacer.stop();
    return pings;
  },

  /** Bytes over all connections, in both directions, below WebSocket. */
  bytes: () => subscribers.reduce((sum, { bytes }) => sum + bytes, 0),

  /** Reports to the server how far the slowest subscriber is, in turns of `events`. */
  async reportTo({ port, events }: { readonly port: number; readonly events: number }) {
    const tell = await tellProgress(port);
    let told = 0;
    let scheduled = false;
    const report = () => {
      scheduled = false;
      // The round may have ended meanwhile.
      if (counts.length === 0) return;
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

  /** Starts recording latencies. */
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

  /** Closes all subscribers and drops their counts. */
  disconnect() {
    for (const subscriber of subscribers.splice(0)) subscriber.close();
    counts.length = 0;
  },
};

export type LoadHandlers = typeof handlers;

answerWith(handlers);
