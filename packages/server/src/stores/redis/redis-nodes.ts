/** The servers on one Redis. */

import { asError } from '../../errors.js';
import type { Logger } from '../../observe/trace.js';
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
  readonly logger: Logger;
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
    const { keys, reads, sharded } = this.#parts;
    const name = sharded ? 'SPUBLISH' : 'PUBLISH';
    await reads.ask({ name, args: [keys.nodeChannel(node), message] });
  }

  async whisper(thread_id: string, message: string): Promise<void> {
    const { keys, reads, sharded, origin } = this.#parts;
    const name = sharded ? 'SPUBLISH' : 'PUBLISH';
    const { channel } = keys.log(thread_id);
    await reads.ask({ name, args: [channel, `${origin} ${WHISPER}${message}`] });
  }

  onWhisper(listener: (thread_id: string, message: string) => void): void {
    this.#parts.followed.onWhisper(listener);
  }

  listen(node: string, listener: (message: string) => void): () => void {
    const { keys, subscriber, logger } = this.#parts;
    const { end } = subscriber.subscribe(keys.nodeChannel(node), (message) => {
      try {
        listener(message);
      } catch (error) {
        logger.error({ err: asError(error) }, 'A word from another node was not understood');
      }
    });
    return end;
  }
}
