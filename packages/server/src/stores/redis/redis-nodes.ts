/** The servers on one Redis. */

import type { NodeStore } from '../store.js';
import { type FollowedLogs, WHISPER } from './followed.js';
import type { RedisKeys } from './keys.js';
import type { Link } from './link.js';
import { ALIVE, BEAT, HOLD, LOST, RELEASE } from './node-scripts.js';
import { numberOf, textsOf } from './replies.js';
import type { Subscriber } from './subscriber.js';

export interface RedisNodesParts {
  readonly keys: RedisKeys;
  /** Says who lives, which is of no use later: no replica is waited for. */
  readonly reads: Link;
  readonly subscriber: Subscriber;
  readonly followed: FollowedLogs;
  /** This store's name: what it says itself it need not hear. */
  readonly origin: string;
  /** Channels live on one node of a cluster. */
  readonly sharded: boolean;
}

export class RedisNodes implements NodeStore {
  readonly #parts: RedisNodesParts;
  /** Duties that were taken here. */
  readonly #duties = new Set<string>();

  constructor(parts: RedisNodesParts) {
    this.#parts = parts;
  }

  async beat(node: string, ttlMs: number): Promise<boolean> {
    const { keys, reads } = this.#parts;
    const reply = await reads.ask({ script: BEAT, keys: [keys.nodes], args: [node, ttlMs] });
    return numberOf(reply) === 1;
  }

  async alive(): Promise<readonly string[]> {
    const { keys, reads } = this.#parts;
    return textsOf(await reads.ask({ script: ALIVE, keys: [keys.nodes], args: [] }));
  }

  async lost(): Promise<readonly string[]> {
    const { keys, reads } = this.#parts;
    return textsOf(await reads.ask({ script: LOST, keys: [keys.nodes], args: [] }));
  }

  async forget(node: string): Promise<void> {
    const { keys, reads } = this.#parts;
    await reads.ask({ name: 'ZREM', args: [keys.nodes, node] });
    for (const duty of this.#duties) {
      await reads.ask({ script: RELEASE, keys: [keys.duty(duty)], args: [node] });
    }
  }

  async hold(duty: string, node: string, ttlMs: number): Promise<boolean> {
    const { keys, reads } = this.#parts;
    this.#duties.add(duty);
    const reply = await reads.ask({ script: HOLD, keys: [keys.duty(duty)], args: [node, ttlMs] });
    return numberOf(reply) === 1;
  }

  async tell(node: string, message: string): Promise<void> {
    await this.#publish(this.#parts.keys.nodeChannel(node), message);
  }

  async whisper(thread_id: string, message: string): Promise<void> {
    const { keys, origin } = this.#parts;
    await this.#publish(keys.log(thread_id).channel, `${origin} ${WHISPER}${message}`);
  }

  onWhisper(listener: (thread_id: string, message: string) => void): void {
    this.#parts.followed.onWhisper(listener);
  }

  listen(node: string, listener: (message: string) => void): () => void {
    const { keys, subscriber } = this.#parts;
    return subscriber.subscribe(keys.nodeChannel(node), listener).end;
  }

  async #publish(channel: string, message: string): Promise<void> {
    const { reads, sharded } = this.#parts;
    await reads.ask({ name: sharded ? 'SPUBLISH' : 'PUBLISH', args: [channel, message] });
  }
}
