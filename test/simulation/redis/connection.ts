/**
 * A connection of a node to the simulated Redis: commands and replies travel, in order. If the connection breaks, what
 * was under way may have been done or not. It reconnects by itself, as ioredis does.
 */

import {
  NotSentError,
  type RedisConnection,
  RefusedError,
  type Reply,
  type SubscriberConnection,
} from '../../../packages/server/src/stores/redis/connection.js';
import type { Call } from '../../../packages/server/src/stores/redis/script.js';
import type { Latency } from '../network/channel.js';
import type { Life } from '../time/life.js';
import type { Random } from '../time/random.js';
import type { Scheduler } from '../time/scheduler.js';
import { RedisError, type SimReply } from './data.js';
import type { RedisServer, Subscriber } from './server.js';

/** The Redis that serves now, as its clients see it. */
export interface RedisEnd {
  readonly server: RedisServer;
  /** Whether it accepts connections. */
  readonly up: boolean;
  readonly latency: Latency;
  /** Resolves WAIT: after how long it answers, and how many replicas have confirmed. */
  readonly wait: () => { readonly afterMs: number; readonly confirmed: number };
}

export interface SimConnectionDeps {
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** The process that it belongs to. */
  readonly life: Life;
  readonly redis: RedisEnd;
}

const RECONNECT_MS = { min: 10, max: 150 };

type Event = 'ready' | 'lost' | 'closed';

/** What both kinds of connections have in common. */
class SimConnection {
  closed = false;
  ready = false;
  /** Swallows all that travels; neither end notices. */
  deaf = false;
  protected readonly deps: SimConnectionDeps;
  /** Grows with each connection: what belongs to an earlier one is gone. */
  protected era = 0;
  readonly #pending = new Set<(error: Error) => void>();
  readonly #listeners: Record<Event, (() => void)[]> = { ready: [], lost: [], closed: [] };
  readonly #errors: ((error: Error) => void)[] = [];
  /** When the newest packet in each direction arrives: the order is kept. */
  readonly #lastAt = { up: 0, down: 0 };

  constructor(deps: SimConnectionDeps) {
    this.deps = deps;
    this.#reconnectLater();
  }

  on(event: Event, listener: () => void): void {
    this.#listeners[event].push(listener);
  }

  onError(listener: (error: Error) => void): void {
    this.#errors.push(listener);
  }

  /** The connection breaks; it is there again after a while. */
  cut(): void {
    if (!this.ready) return;
    this.deaf = false;
    this.era += 1;
    this.ready = false;
    this.onLost();
    this.deps.life.run(() => {
      for (const listener of this.#errors) listener(new Error('read ECONNRESET'));
      this.#tell('lost');
    });
    this.#reconnectLater();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.era += 1;
    this.ready = false;
    this.onLost();
    this.#tell('closed');
  }

  protected onLost(): void {
    const pending = [...this.#pending];
    this.#pending.clear();
    for (const fail of pending) fail(new Error('Connection is closed.'));
  }

  /** Resolves with the answer when it has come; rejects if the connection breaks before. */
  protected exchange<T>(work: () => { readonly answer: T; readonly afterMs: number }): Promise<T> {
    const { scheduler, life } = this.deps;
    if (!this.ready) return Promise.reject(new NotSentError("Stream isn't writeable"));
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => life.run(() => reject(error));
      this.#pending.add(fail);
      this.travel('up', () => {
        const { answer, afterMs } = work();
        const { era } = this;
        scheduler.after(afterMs, () => {
          if (era !== this.era) return;
          this.travel('down', () => {
            this.#pending.delete(fail);
            life.run(() => resolve(answer));
          });
        });
      });
    });
  }

  /** Does `work` when a packet has travelled, unless the connection has broken meanwhile. */
  protected travel(direction: 'up' | 'down', work: () => void): void {
    const { scheduler, random, redis } = this.deps;
    const { era } = this;
    const due = scheduler.now + random.between(redis.latency.minMs, redis.latency.maxMs);
    this.#lastAt[direction] = Math.max(this.#lastAt[direction], due);
    const deaf = this.deaf;
    scheduler.after(this.#lastAt[direction] - scheduler.now, () => {
      if (era === this.era && !deaf && !this.deaf) work();
    });
  }

  #reconnectLater(): void {
    const { scheduler, random, redis, life } = this.deps;
    scheduler.after(random.between(RECONNECT_MS.min, RECONNECT_MS.max), () => {
      if (this.closed || life.gone) return;
      if (!redis.up) return this.#reconnectLater();
      this.ready = true;
      life.run(() => this.ready && this.#tell('ready'));
    });
  }

  #tell(event: Event): void {
    for (const listener of this.#listeners[event]) listener();
  }
}

export class SimCommandConnection extends SimConnection implements RedisConnection {
  send(calls: readonly Call[]): Promise<readonly (Reply | Error)[]> {
    return this.exchange(() => this.#runAll(calls)).catch((error: Error) => calls.map(() => error));
  }

  async load(lua: string): Promise<void> {
    await this.exchange(() => {
      this.deps.redis.server.load(lua);
      return { answer: undefined, afterMs: 0 };
    });
  }

  #runAll(calls: readonly Call[]) {
    const { redis } = this.deps;
    let afterMs = 0;
    const answer = calls.map(([name = '', ...args]): Reply | Error => {
      if (name === 'WAIT') {
        const waited = redis.wait();
        afterMs = waited.afterMs;
        return waited.confirmed;
      }
      try {
        return encoded(redis.server.run(name, args.map(bytesOf)));
      } catch (error) {
        if (error instanceof RedisError) return new RefusedError(error.message);
        throw error;
      }
    });
    return { answer, afterMs };
  }
}

export class SimWakeConnection extends SimConnection implements SubscriberConnection, Subscriber {
  /** Messages to this node are lost. */
  losesWakes = false;
  #listener: (channel: string, message: string) => void = () => {};

  async subscribe(channel: string): Promise<void> {
    await this.#change(() => this.deps.redis.server.subscribe(bytesOf(channel), this));
  }

  async unsubscribe(channel: string): Promise<void> {
    await this.#change(() => this.deps.redis.server.unsubscribe(bytesOf(channel), this));
  }

  onMessage(listener: (channel: string, message: string) => void): void {
    this.#listener = listener;
  }

  probe(): void {}

  deliver(channel: string, message: string): void {
    if (this.losesWakes) return;
    const { life } = this.deps;
    this.travel('down', () => life.run(() => this.#listener(textOf(channel), textOf(message))));
  }

  protected override onLost(): void {
    super.onLost();
    this.deps.redis.server.unsubscribeAll(this);
  }

  #change(work: () => void): Promise<void> {
    return this.exchange(() => ({ answer: work(), afterMs: 0 }));
  }
}

/** Texts are latin-1 in the model, so that a sign is a byte. */
const bytesOf = (text: string): string =>
  /^[\0-\x7f]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
const textOf = (bytes: string): string =>
  /^[\0-\x7f]*$/.test(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');

function encoded(reply: SimReply): Reply {
  if (reply === null || typeof reply === 'number') return reply;
  if (typeof reply === 'string') return textOf(reply);
  return 'status' in reply ? reply.status : reply.map(encoded);
}
