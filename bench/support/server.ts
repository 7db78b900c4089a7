/** The server's process: one peer, and the commands that make it publish. */

import { writeHeapSnapshot } from 'node:v8';
import { answerWith } from '../../test/support/answer.mjs';
import { type ControlServer, listenForProgress } from './control.js';
import { LoopWatch } from './loop-watch.js';
import { Pacer } from './pacer.js';
import { payload } from './payload.js';
import type { Peer, PeerName, PeerOptions, RepliesOptions } from './peers/peer.js';
import { startPeer } from './peers/start.js';
import { startProfile } from './profile.js';
import { quantile } from './statistics.js';
import { clockMs, memory, usage } from './usage.js';

let peer: Peer;
let control: ControlServer | undefined;
let pacer: Pacer | undefined;
let saturating = false;
let stopReplying: (() => Promise<void>) | undefined;
let stopProfile: (() => Promise<void>) | undefined;
const numbers = new Map<string, number>();
const loop = new LoopWatch();

const next = (thread: string, t: number, bytes?: number) => {
  const n = (numbers.get(thread) ?? 0) + 1;
  numbers.set(thread, n);
  return payload(n, t, bytes);
};

const handlers = {
  async start({ name, options }: { readonly name: PeerName; readonly options: PeerOptions }) {
    peer = await startPeer(name, options);
    return peer.port;
  },

  /** Publishes turn after turn, at most `ahead` turns before the slowest subscriber. */
  async saturate({ threads, events, ahead, bytes }: SaturateOptions) {
    let turn = 0;
    let asleep = false;
    const step = () => {
      if (!saturating) return;
      asleep = turn - (control?.progress() ?? 0) >= ahead;
      if (asleep) return;
      turn += 1;
      for (const thread of threads) {
        peer.publish(
          thread,
          Array.from({ length: events }, () => next(thread, 0, bytes)),
        );
      }
      setImmediate(step);
    };
    saturating = true;
    control = await listenForProgress(() => {
      if (!asleep) return;
      asleep = false;
      setImmediate(step);
    });
    setImmediate(step);
    return control.port;
  },

  /** Publishes `perSecond` events a second, round robin over the threads, each with the time. */
  pace({ threads, perSecond }: { threads: string[]; perSecond: number }) {
    let turn = 0;
    pacer = new Pacer(perSecond, (at) => {
      const thread = threads[turn % threads.length] ?? '';
      turn += 1;
      peer.publish(thread, [next(thread, at)]);
    });
  },

  stopPublishing() {
    saturating = false;
    pacer?.stop();
    control?.close();
  },

  /** Publishes to a thread in turns of `events`, and resolves when all of it is confirmed. */
  async fill({ thread, count, bytes }: { thread: string; count: number; bytes?: number }) {
    const chunk = 1_000;
    for (let done = 0; done < count; done += chunk) {
      const size = Math.min(chunk, count - done);
      const events = Array.from({ length: size }, () => next(thread, 0, bytes));
      if (peer.publishSafely) {
        const publish = peer.publishSafely;
        await Promise.all(events.map((event) => publish(thread, event)));
      } else {
        peer.publish(thread, events);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  },

  replies({ thread, ...options }: { readonly thread: string } & RepliesOptions) {
    if (!peer.replies) throw new Error('This peer keeps no replies');
    return peer.replies(thread, options);
  },

  async fillStore({ sessions, threads }: { sessions: number; threads: readonly string[] }) {
    await peer.fillStore?.(sessions, threads);
  },

  async replyOnAndOn({ threads, perSecond }: { threads: readonly string[]; perSecond: number }) {
    stopReplying = await peer.replyOnAndOn?.(threads, perSecond);
  },
  stopReplying: () => stopReplying?.(),

  /** Publishes with `underWay` publishes at a time, each of which waits for its confirmation. */
  async publishSafelyFor({ underWay, forMs }: { underWay: number; forMs: number }) {
    const latencies: number[] = [];
    const end = clockMs() + forMs;
    const publishOn = async (_: unknown, index: number) => {
      const thread = `thread-${index}`;
      while (clockMs() < end) {
        const at = clockMs();
        await peer.publishSafely?.(thread, next(thread, 0));
        latencies.push(clockMs() - at);
      }
    };
    await Promise.all(Array.from({ length: underWay }, publishOn));
    latencies.sort((a, b) => a - b);
    const [p50, p99] = [quantile(latencies, 0.5), quantile(latencies, 0.99)];
    return { count: latencies.length, p50, p99, max: latencies.at(-1) ?? Number.NaN };
  },

  /** Sends messages to each thread, one after another, and waits for their replies. */
  async replyFor({ threads, forMs }: { readonly threads: string[]; readonly forMs: number }) {
    const latencies: number[] = [];
    const end = clockMs() + forMs;
    const replyOn = async (thread: string) => {
      while (clockMs() < end) {
        const at = clockMs();
        await peer.reply?.(thread);
        latencies.push(clockMs() - at);
      }
    };
    await Promise.all(threads.map(replyOn));
    latencies.sort((a, b) => a - b);
    const [p50, p99] = [quantile(latencies, 0.5), quantile(latencies, 0.99)];
    return { count: latencies.length, p50, p99 };
  },

  publishOnce({ threads, count }: { readonly threads: string[]; readonly count: number }) {
    for (const thread of threads) {
      peer.publish(
        thread,
        Array.from({ length: count }, () => next(thread, 0)),
      );
    }
  },

  async startProfile(path: string) {
    stopProfile = await startProfile(path);
  },
  stopProfile: () => stopProfile?.(),

  usage: () => usage(),
  memory: () => memory(),
  watchLoop: () => loop.start(),
  /** The longest time for which the event loop was blocked, in milliseconds. */
  longestStall: () => loop.stop(),
  heapSnapshot: (path: string) => writeHeapSnapshot(path),

  async close() {
    await peer.close();
  },
};

interface SaturateOptions {
  readonly threads: readonly string[];
  /** Events for each thread in a turn. */
  readonly events: number;
  readonly ahead: number;
  readonly bytes?: number;
}

export type ServerHandlers = typeof handlers;

answerWith(handlers);
