/** The servers on one Redis. */

import type { NodeStore } from '../store.js';
import { EPHEMERAL_MARK, type FollowedLogs } from './followed.js';
import type { RedisKeys } from './keys.js';
import type { RedisClient } from './redis-client.js';
import { numberOf, textsOf } from './replies.js';
import type { RedisSubscriber } from './subscriber.js';

export interface RedisNodesDeps {
  readonly keys: RedisKeys;
  /** Carries heartbeats, which expire soon, so no command waits for replicas. */
  readonly reads: RedisClient;
  readonly subscriber: RedisSubscriber;
  readonly followed: FollowedLogs;
  /** This store's name in messages, so that it ignores its own. */
  readonly origin: string;
  /** Channels live on one node of a cluster. */
  readonly clustered: boolean;
}

export class RedisNodes implements NodeStore {
  readonly #deps: RedisNodesDeps;
  /** Leader leases that this node may hold. */
  readonly #leases = new Set<string>();

  constructor(deps: RedisNodesDeps) {
    this.#deps = deps;
  }

  async beat(node: string, ttlMs: number): Promise<boolean> {
    const { keys, reads } = this.#deps;
    const args = { node, ttl: ttlMs };
    const reply = await reads.ask({ script: 'beat', keys: [keys.nodes], args });
    return numberOf(reply) === 1;
  }

  async alive(): Promise<readonly string[]> {
    const { keys, reads } = this.#deps;
    return textsOf(await reads.ask({ script: 'alive', keys: [keys.nodes] }));
  }

  async lost(): Promise<readonly string[]> {
    const { keys, reads } = this.#deps;
    return textsOf(await reads.ask({ script: 'lost', keys: [keys.nodes] }));
  }

  async forget(node: string): Promise<void> {
    const { keys, reads } = this.#deps;
    await reads.ask({ name: 'ZREM', args: [keys.nodes, node] });
    for (const lease of this.#leases) {
      await reads.ask({
        script: 'release-lease',
        keys: [keys.leaderLease(lease)],
        args: { node },
      });
    }
  }

  async tryAcquireLease(lease: string, node: string, ttlMs: number): Promise<boolean> {
    const { keys, reads } = this.#deps;
    this.#leases.add(lease);
    const reply = await reads.ask({
      script: 'acquire-lease',
      keys: [keys.leaderLease(lease)],
      args: { node, ttl: ttlMs },
    });
    return numberOf(reply) === 1;
  }

  async tell(node: string, message: string): Promise<void> {
    await this.#publish(this.#deps.keys.nodeChannel(node), message);
  }

  async publishEphemeral(thread_id: string, message: string): Promise<void> {
    const { keys, origin } = this.#deps;
    await this.#publish(keys.log(thread_id).channel, `${origin} ${EPHEMERAL_MARK}${message}`);
  }

  onEphemeral(listener: (thread_id: string, message: string) => void): void {
    this.#deps.followed.onEphemeral(listener);
  }

  listen(node: string, listener: (message: string) => void): () => void {
    const { keys, subscriber } = this.#deps;
    return subscriber.subscribe(keys.nodeChannel(node), listener).end;
  }

  async #publish(channel: string, message: string): Promise<void> {
    const { reads, clustered } = this.#deps;
    await reads.ask({ name: clustered ? 'SPUBLISH' : 'PUBLISH', args: [channel, message] });
  }
}
